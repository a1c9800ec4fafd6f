/// A call of JSON-RPC 2.0, as far as it decides what it costs and who has paid for it.
package struct JSONRPCCall: Sendable {
    /// Stands in `_meta`, at the root of a call or in its `params` (draft-payment-transport-mcp, "Metadata Placement").
    package static let credentialKey = "org.paymentauth/credential"
    /// Stands in `_meta`, at the root of an answer or in its `result`.
    package static let receiptKey = "org.paymentauth/receipt"

    /// As it stood in the message, a JSON text; `nil` for a notification.
    package let id: String?
    package let method: String
    /// The tool, resource or prompt that a method of MCP names; `nil` where it names none.
    package let name: String?
    /// Without `_meta`.
    package let params: JSONValue?
    /// What stands under `credentialKey`, at the root first.
    package let credentials: [JSONValue]

    /// The member of `params` that names what a method of MCP is asked for (MCP 2025-11-25, "Tools", "Resources",
    /// "Prompts"); `nil` for every other method.
    package static func nameMember(of method: String) -> String? {
        switch method {
        case "tools/call", "prompts/get": "name"
        case "resources/read": "uri"
        default: nil
        }
    }
}
