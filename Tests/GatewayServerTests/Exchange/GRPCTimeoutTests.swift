import GatewayKit
import GatewayServer
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

struct GRPCTimeoutTests {
    private func timeout(_ value: String, type: String = "application/grpc") -> TimeAmount? {
        GRPCTimeout.duration(of: .example(fields: [("Content-Type", type), ("grpc-timeout", value)]))
    }

    @Test(
        arguments: [
            ("1H", .hours(1)), ("2M", .minutes(2)), ("3S", .seconds(3)), ("200m", .milliseconds(200)),
            ("5u", .microseconds(5)), ("99999999n", .nanoseconds(99_999_999)), ("0S", .zero),
        ] as [(String, TimeAmount)]
    )
    func `a number of at most eight digits has a unit`(_ value: String, _ expected: TimeAmount) {
        #expect(timeout(value) == expected)
    }

    @Test(arguments: ["", "S", "1", "1s", "1 S", "-1S", "+1S", "1.5S", "123456789S", "１S", "1SS"])
    func `what is none is the upstream's to refuse`(_ value: String) {
        #expect(timeout(value) == nil)
    }

    @Test func `what is longer than anybody waits is cut`() {
        #expect(timeout("99999999H") == .hours(24 * 365))
    }

    @Test func `it is for gRPC alone`() {
        #expect(timeout("1S", type: "application/json") == nil)
        #expect(timeout("1S", type: "application/grpc-web") == nil)
    }
}
