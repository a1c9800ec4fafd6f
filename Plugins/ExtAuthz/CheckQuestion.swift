internal import GatewayKit
internal import HTTPTypes
internal import NIOCore
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What an authorisation service is told about a request.
struct CheckQuestion: Sendable {
    /// How much of the body it is told; `nil`: nothing. A longer one is answered 413.
    let bodyLimit: ByteCount?
    private let context: [String: String]
    private let service: String
    private let time: TimeSource

    init(from settings: inout PolicyReader, _ services: Services) {
        let readsBody = settings.contains("with-body")
        let limit = settings.byteCount("with-body", or: .kibibytes(8))
        bodyLimit = readsBody ? limit : nil
        var context = [String: String]()
        if var section = settings.section("context") {
            for entry in section.freeEntries() {
                context[entry.key] = section.text(
                    of: entry.value,
                    expected: "the value of '\(entry.key)' should be a text"
                )
            }
            section.finish()
        }
        self.context = context
        service = services.service
        time = services.time
    }

    func message(with body: ByteBuffer?, in exchange: Exchange) -> Envoy_Service_Auth_V3_CheckRequest {
        var attributes = Envoy_Service_Auth_V3_AttributeContext()
        if let address = exchange.client.address {
            attributes.source.address.socketAddress.address = address.description
        }
        let now = time.now()
        attributes.request.time = Google_Protobuf_Timestamp.with {
            $0.seconds = now.seconds
        }
        attributes.request.http = http(with: body, in: exchange)
        attributes.contextExtensions = context
        attributes.contextExtensions["sluice.route"] = exchange.route.name
        attributes.contextExtensions["sluice.service"] = service
        if let credential = exchange.credential {
            attributes.contextExtensions["sluice.credential"] = "\(credential.id)"
        }
        return .with { $0.attributes = attributes }
    }

    private func http(
        with body: ByteBuffer?,
        in exchange: Exchange
    ) -> Envoy_Service_Auth_V3_AttributeContext.HttpRequest {
        let head = exchange.request
        var http = Envoy_Service_Auth_V3_AttributeContext.HttpRequest()
        http.id = "\(exchange.id)"
        http.method = head.method.rawValue
        http.path = exchange.edits.target ?? head.target
        http.host = exchange.edits.host ?? head.authority
        http.scheme = head.scheme
        http.protocol =
            switch head.version {
            case .http1_0: "HTTP/1.0"
            case .http1_1: "HTTP/1.1"
            case .http2: "HTTP/2"
            }
        http.size =
            switch head.body {
            case .none: 0
            case .length(let length): Int64(clamping: length)
            case .unknownLength: -1
            }
        http.headers = headers(in: exchange)
        http.headers[":method"] = http.method
        http.headers[":path"] = http.path
        http.headers[":authority"] = http.host
        http.headers[":scheme"] = http.scheme
        if let body, body.readableBytes > 0 {
            if let text = String(validating: body.readableBytesView, as: UTF8.self) {
                http.body = text
            } else {
                http.rawBody = Data(body.readableBytesView)
            }
        }
        return http
    }

    /// As the upstream would get them now: without credentials of the gateway, with what stages before have changed.
    private func headers(in exchange: Exchange) -> [String: String] {
        let fields = exchange.request.fields
        var headers = [String: String]()
        for index in fields.lines.indices where !exchange.edits.isRemoved(line: index) {
            let name = fields.name(at: index).lowercased()
            if !exchange.client.isBehindTrustedProxy, Self.isClaim(name) { continue }
            let value = fields.value(at: index)
            headers[name] = headers[name].map { "\($0),\(value)" } ?? value
        }
        for (name, value) in exchange.edits.added { headers[name.text] = value }
        return headers
    }

    /// What a client says about where it comes from: nobody believes that but of a proxy.
    private static func isClaim(_ name: String) -> Bool {
        let name = name.replacing("_", with: "-")
        return name.hasPrefix("x-forwarded-") || name == "forwarded" || name == "x-real-ip"
    }
}
