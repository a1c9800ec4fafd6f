import GRPCCore
import GRPCVerifier
import RPCTesting
import SwiftProtobuf

/// A verifier that answers as a test says, and keeps what it was asked.
struct ScriptedVerifier: Sluice_V1_CaveatVerifier.SimpleServiceProtocol {
    private let script: Script<Sluice_V1_VerifyCaveatsRequest, Sluice_V1_VerifyCaveatsResponse>

    init(_ answer: @escaping @Sendable (Sluice_V1_VerifyCaveatsRequest) throws -> Sluice_V1_VerifyCaveatsResponse) {
        script = Script(answer)
    }

    /// Allows the values that are `good`.
    init(validFor seconds: Int64 = 0) {
        self.init { request in
            .with { response in
                response.verdicts = request.caveats.map { caveat in
                    .with {
                        $0.allowed = caveat.value == "good"
                        $0.reason = $0.allowed ? "" : "\(caveat.condition) is\u{7}\nbad"
                    }
                }
                if seconds != 0 { response.validFor.seconds = seconds }
            }
        }
    }

    var questions: [Sluice_V1_VerifyCaveatsRequest] { script.questions }

    func verifyCaveats(
        request: Sluice_V1_VerifyCaveatsRequest,
        context: ServerContext
    ) async throws -> Sluice_V1_VerifyCaveatsResponse {
        try script.answer(to: request)
    }
}
