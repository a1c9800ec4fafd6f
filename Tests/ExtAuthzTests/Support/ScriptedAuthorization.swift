import ExtAuthz
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOConcurrencyHelpers
import SwiftProtobuf

/// An authorisation service that answers as a test says, and keeps what it was asked.
final class ScriptedAuthorization: Envoy_Service_Auth_V3_Authorization.SimpleServiceProtocol {
    typealias Answer = @Sendable (Envoy_Service_Auth_V3_CheckRequest) throws -> Envoy_Service_Auth_V3_CheckResponse

    private let answer: Answer
    private let asked = NIOLockedValueBox<[Envoy_Service_Auth_V3_CheckRequest]>([])

    init(_ answer: @escaping Answer) {
        self.answer = answer
    }

    var questions: [Envoy_Service_Auth_V3_CheckRequest] { asked.withLockedValue { $0 } }

    func check(
        request: Envoy_Service_Auth_V3_CheckRequest,
        context: ServerContext
    ) async throws -> Envoy_Service_Auth_V3_CheckResponse {
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

extension Envoy_Config_Core_V3_HeaderValueOption {
    /// `append` as older services say it; `nil`: not said.
    init(
        _ key: String,
        _ value: String,
        append: Bool? = nil,
        action: HeaderAppendAction = .appendIfExistsOrAdd
    ) {
        self.init()
        header.key = key
        header.value = value
        appendAction = action
        if let append { self.append.value = append }
    }
}
