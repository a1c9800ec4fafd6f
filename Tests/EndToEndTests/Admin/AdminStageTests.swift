import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing
import sluice

struct AdminStageTests {
    private func reply(
        _ path: String,
        _ method: HTTPRequest.Method = .get,
        _ phase: Readiness.Phase? = nil
    ) throws -> (status: Int, text: String, allow: String?) {
        let readiness = Readiness()
        if let phase { readiness.note(phase) }
        let decision = AdminStage(readiness).admit(Exchange.example(.example(method, path)))
        guard case .now(.reply(let reply)) = decision else { throw ConformanceFailure("no reply") }
        var text = ""
        if case .bytes(let bytes) = reply.body { text = String(buffer: bytes) }
        return (reply.status.code, text, reply.fields[.allow])
    }

    @Test(arguments: [nil, Readiness.Phase.ready, .draining])
    func `a gateway that lives is healthy`(phase: Readiness.Phase?) throws {
        #expect(try reply("/healthz", .get, phase).status == 200)
        #expect(try reply("/healthz", .get, phase).text == "ok\n")
    }

    @Test func `a gateway is ready between its start and its end`() throws {
        #expect(try reply("/readyz").status == 503)
        #expect(try reply("/readyz").text.contains("not open yet"))
        #expect(try reply("/readyz", .get, .ready).status == 200)
        #expect(try reply("/readyz", .get, .draining).status == 503)
        #expect(try reply("/readyz", .get, .draining).text.contains("told to stop"))
    }

    @Test func `only GET and HEAD are answered, and only where there is something`() throws {
        #expect(try reply("/readyz", .head, .ready).status == 200)
        #expect(try reply("/readyz", .post).status == 405)
        #expect(try reply("/healthz", .post).allow == "GET, HEAD")
        #expect(try reply("/").status == 404)
        #expect(try reply("/metrics", .post).status == 405)
        #expect(try reply("/elsewhere", .post).status == 404)
    }
}
