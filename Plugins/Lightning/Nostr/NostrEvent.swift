internal import Crypto
package import GatewayKit

/// A signed statement (NIP-01). There is none whose signature is wrong.
package struct NostrEvent: Hashable, Sendable {
    /// SHA-256 of what the signature covers.
    package let id: Bytes32
    package let author: NostrPublicKey
    /// Whole seconds, as its author says.
    package let createdAt: WallTime
    package let kind: Int
    package let tags: [[String]]
    package let content: String
    /// BIP 340, of the id.
    package let signature: [UInt8]

    /// Signs one.
    ///
    /// - Returns: `nil` when libsecp256k1 cannot be used.
    package init?(signing content: String, kind: Int, tags: [[String]], at time: WallTime, with key: NostrKey) {
        let createdAt = WallTime(seconds: time.seconds)
        let id = Self.digest(of: content, kind: kind, tags: tags, by: key.publicKey, at: createdAt)
        guard let signature = key.signature(of: id) else { return nil }
        self.id = id
        author = key.publicKey
        self.createdAt = createdAt
        self.kind = kind
        self.tags = tags
        self.content = content
        self.signature = signature
    }

    /// Reads and verifies one, whoever may have handed it on.
    ///
    /// - Parameter author: the only one whose events are wanted: others cost no look at their signature.
    package init(_ json: JSONValue, by author: NostrPublicKey) throws(NostrFailure) {
        guard let named = json["pubkey"]?.text.flatMap({ Bytes32(hex: $0) }), named == author.bytes else {
            throw NostrFailure("an event is not by who was asked for")
        }
        guard let id = json["id"]?.text.flatMap({ Bytes32(hex: $0) }) else {
            throw NostrFailure("an event has no id")
        }
        guard case .number(let time) = json["created_at"], let seconds = Int64(exactly: time),
            (0...Self.latest).contains(seconds)
        else { throw NostrFailure("an event has no time") }
        guard case .number(let number) = json["kind"], let kind = Int(exactly: number), (0...65_535).contains(kind)
        else { throw NostrFailure("an event has no kind") }
        guard let content = json["content"]?.text else { throw NostrFailure("an event has no content") }
        guard let signature = json["sig"]?.text.flatMap({ Hex.decoded($0) }), signature.count == 64 else {
            throw NostrFailure("an event has no signature")
        }
        let tags = try Self.tags(json["tags"])
        let createdAt = WallTime(seconds: seconds)
        guard id == Self.digest(of: content, kind: kind, tags: tags, by: author, at: createdAt) else {
            throw NostrFailure("an event does not have the id that its content makes")
        }
        guard Secp256k1.shared.verifiesSchnorr(signature, of: id, by: author.bytes) else {
            throw NostrFailure("an event is not signed by its author")
        }
        self.id = id
        self.author = author
        self.createdAt = createdAt
        self.kind = kind
        self.tags = tags
        self.content = content
        self.signature = signature
    }

    /// The year 2200: beyond it nobody means a time.
    private static let latest: Int64 = 7_258_118_400

    private static func tags(_ json: JSONValue?) throws(NostrFailure) -> [[String]] {
        guard case .array(let tags) = json else { throw NostrFailure("an event has no tags") }
        var read = [[String]]()
        for tag in tags {
            guard case .array(let parts) = tag else { throw NostrFailure("a tag of an event is no list") }
            let texts = parts.compactMap(\.text)
            guard texts.count == parts.count else { throw NostrFailure("a tag of an event is no list of texts") }
            read.append(texts)
        }
        return read
    }

    /// The second part of the first tag of this name.
    package func tag(_ name: String) -> String? {
        tags.first { $0.count > 1 && $0[0] == name }?[1]
    }

    /// As relays take and give it.
    package var json: JSONValue {
        .object([
            .init("id", .string(id.hex)), .init("pubkey", .string(author.description)),
            .init("created_at", .number(Double(createdAt.seconds))), .init("kind", .number(Double(kind))),
            .init("tags", .array(tags.map { .array($0.map(JSONValue.string)) })), .init("content", .string(content)),
            .init("sig", .string(Hex.encoded(signature))),
        ])
    }

    // MARK: What is signed

    /// The id: SHA-256 of the one text that an event has (NIP-01, "Events and signatures").
    package static func digest(
        of content: String,
        kind: Int,
        tags: [[String]],
        by author: NostrPublicKey,
        at time: WallTime
    ) -> Bytes32 {
        var text = Array("[0,\"\(author)\",\(time.seconds),\(kind),[".utf8)
        for (index, tag) in tags.enumerated() {
            text += (index > 0 ? ",[" : "[").utf8
            for (index, part) in tag.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                write(part, into: &text)
            }
            text.append(UInt8(ascii: "]"))
        }
        text += "],".utf8
        write(content, into: &text)
        text.append(UInt8(ascii: "]"))
        var hash = SHA256()
        hash.update(data: text)
        return Bytes32(finishing: hash)
    }

    /// Seven characters are escaped, all others stand for themselves: other control characters too, unlike in JSON.
    private static func write(_ string: String, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case 0x0A: text += "\\n".utf8
            case UInt8(ascii: "\""): text += "\\\"".utf8
            case UInt8(ascii: "\\"): text += "\\\\".utf8
            case 0x0D: text += "\\r".utf8
            case 0x09: text += "\\t".utf8
            case 0x08: text += "\\b".utf8
            case 0x0C: text += "\\f".utf8
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
