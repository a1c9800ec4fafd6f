import ExtAuthz
import GRPCCore
import RPCTesting
import SwiftProtobuf

/// An authorisation service that answers as a test says, and keeps what it was asked.
struct ScriptedAuthorization: Envoy_Service_Auth_V3_Authorization.SimpleServiceProtocol {
    private let script: Script<Envoy_Service_Auth_V3_CheckRequest, Envoy_Service_Auth_V3_CheckResponse>

    init(
        _ answer: @escaping @Sendable (Envoy_Service_Auth_V3_CheckRequest) throws -> Envoy_Service_Auth_V3_CheckResponse
    ) {
        script = Script(answer)
    }

    var questions: [Envoy_Service_Auth_V3_CheckRequest] { script.questions }

    func check(
        request: Envoy_Service_Auth_V3_CheckRequest,
        context: ServerContext
    ) async throws -> Envoy_Service_Auth_V3_CheckResponse {
        try script.answer(to: request)
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
