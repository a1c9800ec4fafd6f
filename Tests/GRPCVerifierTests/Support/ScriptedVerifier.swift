import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCVerifier
import NIOConcurrencyHelpers
import SwiftProtobuf

/// A verifier that answers as a test says, and keeps what it was asked.
final class ScriptedVerifier: Sluice_V1_CaveatVerifier.SimpleServiceProtocol {
    typealias Answer = @Sendable (Sluice_V1_VerifyCaveatsRequest) throws -> Sluice_V1_VerifyCaveatsResponse

    private let answer: Answer
    private let asked = NIOLockedValueBox<[Sluice_V1_VerifyCaveatsRequest]>([])

    init(_ answer: @escaping Answer) {
        self.answer = answer
    }

    /// Allows the values that are `good`.
    convenience init(validFor seconds: Int64 = 0) {
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

    var questions: [Sluice_V1_VerifyCaveatsRequest] { asked.withLockedValue { $0 } }

    func verifyCaveats(
        request: Sluice_V1_VerifyCaveatsRequest,
        context: ServerContext
    ) async throws -> Sluice_V1_VerifyCaveatsResponse {
        asked.withLockedValue { $0.append(request) }
        return try answer(request)
    }

    /// Runs `body` while it listens; it gets its address.
    func serving<Result: Sendable>(_ body: @Sendable (String) async throws -> Result) async throws -> Result {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: .plaintext
        )
        return try await withGRPCServer(transport: transport, services: [self]) { server in
            let address = try await server.listeningAddress
            return try await body("127.0.0.1:\(address?.ipv4?.port ?? 0)")
        }
    }
}
