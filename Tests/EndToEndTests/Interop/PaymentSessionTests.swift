import GatewayKit
import GatewayTesting
import Testing

/// With pympp, a client of the scheme `Payment` that shares no code with this one.
@Suite(
    .enabled(
        if: L402RequestsPeer.isExpected,
        "SLUICE_INTEROP_PYTHON is not set: it should be the path of a python that has pympp"
    )
)
struct PaymentSessionTests {
    private struct Answer: Decodable {
        struct Step: Decodable {
            let status: Int
            let body: String
            let reference: String?
        }

        let session: String
        let bound: Bool
        let steps: [Step]
        let refund: Int
    }

    @Test(arguments: [("/echo", false, 60), ("/bound", true, 360)])
    func `pympp lives a whole session`(path: String, isBound: Bool, refund: Int) async throws {
        try await TestGateway.withSessions { gateway in
            let answer: Answer = try await L402RequestsPeer.run("pay_by_session.py", gateway.url + path, gateway.node)
            #expect(answer.bound == isBound)
            #expect(answer.steps.map(\.status) == [200, 200, 200, 200, 200, 200, 402])
            #expect(answer.steps[3].body == #"{"status":"ok"}"#)
            let closed = #"{"refundSats":\#(refund),"refundStatus":"succeeded","status":"closed"}"#
            #expect(answer.steps[5].body == closed)
            #expect(answer.refund == refund)
            for step in answer.steps.prefix(6) { #expect(step.reference == answer.session) }
            #expect(answer.steps[6].body.contains("lightning/session-closed"))
            for index in [0, 1, 2, 4] {
                #expect(answer.steps[index].body.hasPrefix("GET /echo\n"))
                #expect(!answer.steps[index].body.lowercased().contains("payment"))
            }
        }
    }
}
