/// Why a body is no call that the gateway could let through: the error that its sender gets.
package struct JSONRPCFault: Error, Hashable, Sendable {
    /// JSON-RPC 2.0 §5.1, "Error object".
    package enum Code: Int, Sendable {
        case parseError = -32700
        case invalidRequest = -32600
        case invalidParams = -32602
    }

    package let code: Code
    /// Half a sentence. Never holds what was read.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}
