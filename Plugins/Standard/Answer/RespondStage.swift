package import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Answers every request alike, without an upstream.
package struct RespondStage: StagePlugin {
    package static let word = "respond"
    package static let isLast = true

    private static let defaultType = "text/plain; charset=utf-8"

    private let reply: Reply
    private let bodyCount: Int

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        if let node = settings.shorthand() {
            let body = settings.text(of: node, expected: "'respond' should be a text or a map") ?? ""
            self.init(status: 200, fields: Fields([(.contentType, Self.defaultType)]), body: body)
            return
        }
        if settings.keys.isEmpty {
            settings.note(settings.place, "'respond' needs a text, or { status: 200, body: a text }")
        }
        let status = settings.integer("status", in: 200...599, or: 200)
        let body = settings.node("body").flatMap { settings.text(of: $0, expected: "'body' should be a text") }
        // RFC 9110 §15.3.5, §15.3.6 and §15.4.5.
        if body != nil, [204, 205, 304].contains(status) {
            settings.note(settings.error(at: "body", "cannot go with the status \(status), which has none"))
        }
        var fields = Fields()
        if body != nil {
            fields.add(.contentType, settings.text("type", or: Self.defaultType))
        } else if settings.node("type") != nil {
            settings.note(settings.error(at: "type", "is the type of a 'body', and there is none"))
        }
        if var section = settings.section("headers") {
            for field in FieldSettings.fields(of: &section, in: .answer) {
                fields.set(field.name, field.value)
            }
            section.finish()
        }
        self.init(status: status, fields: fields, body: body)
    }

    private init(status: Int, fields: Fields, body: String?) {
        reply = Reply(
            HTTPResponse.Status(code: status),
            fields: fields,
            body: body.map { .bytes(ByteBuffer(string: $0)) } ?? .none
        )
        bodyCount = body?.utf8.count ?? 0
    }

    package var summary: String {
        "\(reply.status.code), \(ByteCount(bodyCount))"
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        .now(.reply(reply))
    }
}
