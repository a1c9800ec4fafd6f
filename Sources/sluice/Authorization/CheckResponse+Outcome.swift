package import ExtAuthz
internal import GatewayKit
package import GatewayServer
internal import HTTPTypes
internal import NIOCore
internal import SwiftProtobuf

extension Envoy_Service_Auth_V3_CheckResponse {
    /// What a proxy does with a request that was decided about.
    package init(_ outcome: TrialOutcome) {
        self.init()
        guard outcome.isServed, let request = outcome.request, let head = outcome.head else {
            self = .denied(outcome)
            return
        }
        let changes = ForwardedChanges(outcome.edits, of: request.fields)
        okResponse.headers = changes.set.map { name, value in
            .with {
                $0.header.key = name.text
                $0.header.value = value
                $0.append.value = false
            }
        }
        okResponse.headersToRemove = changes.removed.map(\.text)
        okResponse.responseHeadersToAdd = head.fields.told.map { name, value in
            .with {
                $0.header.key = name
                $0.header.value = value
                $0.append.value = true
            }
        }
    }

    private static func denied(_ outcome: TrialOutcome) -> Self {
        // Without a head the client's connection would have been closed.
        let head = outcome.head ?? ResponseHead(status: .serviceUnavailable)
        var response = Self()
        // Of gRPC: UNAUTHENTICATED, or PERMISSION_DENIED.
        response.status.code = [401, 402].contains(head.status.code) ? 16 : 7
        response.status.message = head.status.reasonPhrase
        response.deniedResponse.status.code = Int32(clamping: head.status.code)
        // Each is added, so that a name may come more than once.
        response.deniedResponse.headers = head.fields.told.map { name, value in
            .with {
                $0.header.key = name
                $0.header.value = value
            }
        }
        response.deniedResponse.body = String(buffer: outcome.body)
        return response
    }

    /// For what is no request.
    static var unreadable: Self {
        .with {
            $0.status.code = 7
            $0.status.message = "Bad Request"
            $0.deniedResponse.status.code = 400
            $0.deniedResponse.body = "the request cannot be read\n"
        }
    }
}

extension Fields {
    /// What is told of a response's head: the framing is whoever's who sends it.
    var told: [(name: String, value: String)] {
        lines.indices.filter { ![.connection, .contentLength, .transferEncoding].contains(lines[$0].known) }
            .map { (name(at: $0), value(at: $0)) }
    }
}
