internal import GatewayKit
internal import HTTPTypes

/// An error in the form of lnd's REST interface (gRPC-Gateway: a gRPC code and a sentence).
package struct LndError: Error, Hashable {
    let status: HTTPResponse.Status
    let message: String

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ failure: LightningFailure) {
        switch failure.reason {
        case .unavailable: self.init(.serviceUnavailable, failure.description)
        case .refused: self.init(.badRequest, failure.description)
        case .malformed: self.init(.internalServerError, failure.description)
        }
    }

    /// gRPC-Gateway's own mapping of statuses.
    private var code: Int {
        switch status.code {
        case 400: 3
        case 404: 5
        case 501: 12
        case 503: 14
        default: 2
        }
    }

    var reply: Reply {
        .json(#"{"code":\#(code),"message":\#(JSONText.quoted(message)),"details":[]}"#, status)
    }
}
