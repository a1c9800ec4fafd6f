import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Lightning
import NIOCore
import Testing

/// What the development node's interface answered.
struct DevNodeAnswer {
    let status: Int
    let text: String
    let json: [String: Any]

    subscript(key: String) -> String? { json[key] as? String }
}

extension DevNode {
    /// Asks the interface on an event loop, as a connection would.
    func answer(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        fields: [(String, String)] = []
    ) async throws -> DevNodeAnswer {
        let loop = HTTPClient.defaultEventLoopGroup.any()
        let decision = try await loop.flatSubmit {
            let source = body.map(TextBody.init)
            let request = RequestHead.example(
                method,
                path,
                fields: fields,
                body: body.map { .length(UInt64($0.utf8.count)) } ?? .none
            )
            let exchange = Exchange.example(request, eventLoop: loop)
            exchange.bodySource = source
            do {
                return try withExtendedLifetime(source) {
                    try DevNodeInterface(node: self).admit(exchange).future(on: loop)
                }
            } catch {
                return loop.makeFailedFuture(error)
            }
        }.get()
        guard case .reply(let reply) = decision, case .bytes(let bytes) = reply.body else {
            throw LightningFailure(.malformed, "no reply with a body")
        }
        #expect(reply.fields[.contentType] == "application/json")
        let json = try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView)) as? [String: Any]
        return DevNodeAnswer(status: reply.status.code, text: String(buffer: bytes), json: json ?? [:])
    }
}

/// A body that is here as a whole. An exchange does not hold on to it.
final class TextBody: RequestBodySource {
    let bytes: ByteBuffer

    init(_ text: String) { bytes = ByteBuffer(string: text) }

    func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> { .now(bytes) }
}
