internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// What an authorisation service decided.
enum CheckAnswer: Sendable {
    case allowed(AllowedChanges)
    case denied(Reply)

    init(_ response: Envoy_Service_Auth_V3_CheckResponse) {
        if response.status.code == 0 {
            self = .allowed(AllowedChanges(response.okResponse))
        } else {
            self = .denied(Self.reply(response.deniedResponse))
        }
    }

    private static func reply(_ denied: Envoy_Service_Auth_V3_DeniedHttpResponse) -> Reply {
        let code = Int(denied.status.code)
        let status = (200...599).contains(code) ? HTTPResponse.Status(code: code) : .forbidden
        var reply = Reply(
            status,
            Problem(title: "Request Refused", detail: "the authorisation service does not allow this request")
        )
        for header in denied.headers {
            // A name may come more than once: an offer each.
            HeaderChange(header, usually: .append)?.apply(to: &reply.fields)
        }
        if !denied.body.isEmpty { reply.body = .bytes(ByteBuffer(string: denied.body)) }
        return reply
    }
}
