import GatewayKit
import GatewayTesting
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
}
