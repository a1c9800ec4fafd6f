import GatewayKit
import GatewayTesting
import HTTPTypes
import MPP
import NIOCore
import Testing

struct CallEndTests {
    private final class Count {
        var value = 0
    }

    /// How often it is told that a call gave nothing whose response has these parts and this status.
    private func told(_ parts: [String], _ status: String?) throws -> Int {
        let count = Count()
        let outlet = RecordedOutlet()
        let end = CallEnd {
            count.value += 1
            return .now(())
        }
        for part in parts {
            let passed = try #require(end.passage(of: ByteBuffer(string: part), to: outlet).immediate)
            #expect(String(buffer: passed) == part)
        }
        let trailers = Fields(status.map { [(FieldName.grpcStatus, $0)] } ?? [])
        let told = try #require(end.trailers(after: trailers, to: outlet).immediate)
        #expect(told[.grpcStatus] == status)
        return count.value
    }

    @Test func `a call that ends well has given something`() throws {
        #expect(try told(["message"], "0") == 0)
        #expect(try told([], "0") == 0)
    }

    @Test(arguments: ["1", "13", "", nil])
    func `one that fails without a message has given nothing`(status: String?) throws {
        #expect(try told([], status) == 1)
        #expect(try told([""], status) == 1)
    }

    @Test func `one that fails after a message has given something`() throws {
        #expect(try told(["message"], "4") == 0)
    }

    // MARK: Which responses have such an end

    /// Whether the end of a response to a call is looked at.
    private func isLookedAt(_ type: String?, status: Int = 200, isServedElsewhere: Bool = false) -> Bool {
        let exchange = Exchange.example(.example(.post, fields: [("Content-Type", "application/grpc")]))
        exchange.isServedElsewhere = isServedElsewhere
        let fields = Fields(type.map { [(FieldName.contentType, $0)] } ?? [])
        return CallEnd.tells(ResponseHead(status: HTTPResponse.Status(code: status), fields: fields), of: exchange)
    }

    @Test(arguments: ["application/grpc", "application/grpc+proto"])
    func `the end of a response of gRPC is looked at`(type: String) {
        #expect(isLookedAt(type))
    }

    @Test(arguments: ["text/plain", nil])
    func `what is no response of gRPC has given what its head says, whatever the request calls itself`(type: String?) {
        #expect(!isLookedAt(type))
    }

    @Test func `a redirection has given what its head says`() {
        #expect(!isLookedAt("application/grpc", status: 302))
    }

    @Test func `of a call that another proxy serves no end is seen`() {
        #expect(!isLookedAt("application/grpc", isServedElsewhere: true))
    }
}
