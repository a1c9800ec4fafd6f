package import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// An answer as the store keeps it: a line of JSON that says what it answers, and the body.
package struct KeptAnswer: Sendable {
    package let key: Bytes32
    package let fingerprint: Bytes32
    package let end: WallTime
    package let answer: AnswerShelf.Answer

    package init(_ answer: AnswerShelf.Answer, for reservation: AnswerReservation) {
        key = reservation.key.digest
        fingerprint = reservation.fingerprint
        end = reservation.end
        self.answer = answer
    }

    /// Whether it was given to this request.
    func isFor(_ reservation: AnswerReservation) -> Bool {
        key == reservation.key.digest && fingerprint == reservation.fingerprint
    }

    /// `nil` for what is none, or of another version.
    init?(_ bytes: [UInt8]) {
        guard let newline = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let value = try? JSONReader.value(of: Array(bytes[..<newline])),
            let key = value["key"]?.text.flatMap({ Bytes32(hex: $0) }),
            let fingerprint = value["request"]?.text.flatMap({ Bytes32(hex: $0) }),
            let end = value["end"]?.text.flatMap({ Int64($0) }),
            let status = value["status"]?.text.flatMap({ Int($0) }),
            (100...599).contains(status), case .array(let lines) = value["fields"]
        else { return nil }
        var fields = Fields()
        for line in lines {
            guard let name = line["name"]?.text.flatMap({ FieldName($0[...]) }), let text = line["value"]?.text else {
                return nil
            }
            fields.add(name, text)
        }
        self.key = key
        self.fingerprint = fingerprint
        self.end = WallTime(milliseconds: end)
        answer = AnswerShelf.Answer(
            status: HTTPResponse.Status(code: status),
            fields: fields,
            body: ByteBuffer(bytes: bytes[(newline + 1)...])
        )
    }

    var bytes: [UInt8] {
        let lines = answer.fields.lines.indices.map { index in
            JSONValue.texts([("name", answer.fields.name(at: index)), ("value", answer.fields.value(at: index))])
        }
        let head = JSONValue.object([
            .init("key", .string(key.hex)), .init("request", .string(fingerprint.hex)),
            .init("end", .string("\(end.milliseconds)")), .init("status", .string("\(answer.status.code)")),
            .init("fields", .array(lines)),
        ])
        return Array(head.canonical.utf8) + [UInt8(ascii: "\n")] + answer.body.readableBytesView
    }
}
