package import GatewayKit
internal import HTTPTypes
package import NIOCore

/// What an upstream answers in a trial.
package enum TrialResponse: Sendable {
    case answer(ResponseHead, body: ByteBuffer)
    case failure(UpstreamFailure)

    /// 200, and a short text.
    package static var ok: TrialResponse {
        let head = ResponseHead(status: .ok, fields: Fields([(.contentType, "text/plain")]))
        return .answer(head, body: ByteBuffer(string: "ok\n"))
    }
}
