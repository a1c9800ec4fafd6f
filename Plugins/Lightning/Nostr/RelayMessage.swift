package import GatewayKit

/// What a relay says (NIP-01, "From relay to client"; NIP-42).
package enum RelayMessage: Sendable {
    /// For a subscription; nothing of the event is verified yet.
    case event(subscription: String, JSONValue)
    /// What became of an event that was sent.
    case accepted(Bytes32, Bool, reason: String)
    /// The subscription's stored events have all come.
    case endOfStored(subscription: String)
    /// The relay has ended a subscription.
    case closed(subscription: String, reason: String)
    case notice(String)
    /// To be answered with a signed event.
    case challenge(String)
    /// Something that came later to the protocol.
    case unknown

    package init(parsing bytes: UnsafeRawBufferPointer) throws(NostrFailure) {
        let message: JSONValue
        do {
            message = try JSONReader.read(bytes)
        } catch {
            throw NostrFailure("a message of a relay is not JSON: \(error)")
        }
        guard case .array(let parts) = message, let word = parts.first?.text else {
            throw NostrFailure("a message of a relay has no kind")
        }
        guard let read = Self.read(word, parts) else { throw NostrFailure("a message of a relay lacks a part") }
        self = read
    }

    package init(parsing text: String) throws(NostrFailure) {
        var text = text
        let parsed: Result<RelayMessage, NostrFailure> = text.withUTF8 { utf8 in
            do throws(NostrFailure) {
                return .success(try RelayMessage(parsing: UnsafeRawBufferPointer(utf8)))
            } catch {
                return .failure(error)
            }
        }
        self = try parsed.get()
    }

    /// `nil` where a part is missing or of another kind.
    private static func read(_ word: String, _ parts: [JSONValue]) -> RelayMessage? {
        let first = parts.count > 1 ? parts[1].text : nil
        // A reason is for people: where there is none, nothing is lost.
        let last = parts.count > 2 ? parts[parts.count - 1].text ?? "" : ""
        switch word {
        case "EVENT":
            guard let first, parts.count == 3, parts[2].isObject else { return nil }
            return .event(subscription: first, parts[2])
        case "OK":
            guard parts.count > 2, let id = first.flatMap({ Bytes32(hex: $0) }), case .bool(let isAccepted) = parts[2]
            else { return nil }
            return .accepted(id, isAccepted, reason: last)
        case "EOSE": return first.map { .endOfStored(subscription: $0) }
        case "CLOSED": return first.map { .closed(subscription: $0, reason: last) }
        case "NOTICE": return first.map { .notice($0) }
        case "AUTH": return first.map { .challenge($0) }
        default: return .unknown
        }
    }
}
