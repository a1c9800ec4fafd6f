internal import GatewayKit
package import HTTPTypes

/// Why a message cannot be read any further. The connection it came on is of no more use.
package struct MessageFault: Error, Hashable {
    /// What a client that sent it is told.
    package let status: HTTPResponse.Status
    package let detail: String

    init(_ status: HTTPResponse.Status = .badRequest, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    var reply: Reply {
        var reply = Reply(status, detail: detail)
        reply.closesConnection = true
        return reply
    }
}
