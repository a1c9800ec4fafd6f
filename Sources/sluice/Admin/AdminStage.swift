package import GatewayKit
internal import HTTPTypes

/// What the gateway tells its operator and the machines around it: that it lives, and whether it is ready.
package struct AdminStage: Stage {
    private let readiness: Readiness

    package init(_ readiness: Readiness) {
        self.readiness = readiness
    }

    package static func service(at listener: ListenerSettings, _ readiness: Readiness) -> LocalService {
        LocalService(listener: listener, route: Route(name: "admin", stages: [AdminStage(readiness)]))
    }

    package func admit(_ exchange: Exchange) -> Eventually<Decision> {
        let reply: Reply
        switch exchange.request.path {
        case "/healthz": reply = .text("ok\n")
        case "/readyz": reply = readiness.reply
        default: return .now(.reply(Reply(.notFound, detail: "there are /healthz and /readyz here")))
        }
        switch exchange.request.method {
        case .get, .head:
            return .now(.reply(reply))
        default:
            var refusal = Reply(.methodNotAllowed, detail: "only GET and HEAD are answered here")
            refusal.fields.set(.allow, "GET, HEAD")
            return .now(.reply(refusal))
        }
    }
}
