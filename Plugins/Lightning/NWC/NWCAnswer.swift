package import GatewayKit

/// What a wallet answers to a request: kind 23195, decrypted (NIP-47, "Request and Response Events").
package enum NWCAnswer: Sendable {
    case result(JSONValue)
    case error(NWCError)

    package init(parsing text: String, to method: NWCMethod) throws(NostrFailure) {
        let json = try NWCText.json(text)
        let type = json["result_type"]?.text ?? ""
        // What a wallet cannot even decrypt it answers without one (Alby Hub, `event_handler.go`).
        guard type == method.rawValue || type.isEmpty && json["error"]?.isObject == true else {
            throw NostrFailure("the wallet answered to something else than \(method.rawValue)")
        }
        if let error = json["error"], error.isObject {
            guard let code = error["code"]?.text else {
                throw NostrFailure("the wallet answered an error without a code")
            }
            self = .error(NWCError(code: code, message: error["message"]?.text ?? ""))
            return
        }
        guard let result = json["result"], result.isObject else {
            throw NostrFailure("the wallet answered with neither a result nor an error")
        }
        self = .result(result)
    }
}
