package import GatewayKit

/// What a route's `auth: mpp` says.
package struct MPPTerms: Sendable {
    package enum Verification: String, Sendable, CaseIterable {
        /// The preimage proves the payment.
        case preimage
        /// The node must say so too: for invoices whose preimage somebody else may know.
        case node
    }

    package enum ChargeOn: String, Sendable, CaseIterable {
        /// A request that was sent to the upstream has used its payment up, whatever the answer.
        case request
        /// A payment whose request is answered 5xx, or whose call of gRPC fails before its first message, may be presented again.
        case success
    }

    package enum Intent: String, Sendable, CaseIterable {
        case charge, session
    }

    private static let authorization = "authorization"
    private static let paymentAuthorization = "payment-authorization"

    /// `nil`: the host that the client asked for.
    package let realm: String?
    /// The field that credentials are to stand in; `nil`: `Authorization`.
    package let header: String?
    package let verification: Verification
    package let chargeOn: ChargeOn
    /// Offers over plain HTTP to clients that are not of this machine.
    package let isInsecure: Bool
    /// The longest request body that a challenge is bound to; 0: none is.
    package let digestLimit: ByteCount
    /// The longest response that is kept to be sent again; 0: none is.
    package let replayLimit: ByteCount
    /// How long it is kept.
    package let replayTime: Duration
    /// What is offered, in the order of the lines. Each costs an invoice.
    package let intents: [Intent]
    package let session: SessionTerms

    package init(from settings: inout PolicyReader) {
        if settings.contains("realm") {
            let form = "a name such as api.example.com"
            realm = settings.value("realm", or: nil, placeholder: "", expected: form) { Self.isRealm($0) ? $0 : nil }
        } else {
            realm = nil
        }
        let field = settings.choice(
            "header",
            of: [Self.authorization, Self.paymentAuthorization],
            or: Self.authorization
        )
        header = field == Self.authorization ? nil : PaymentChallenge.otherField
        verification = Self.word("verify", of: Verification.allCases, or: .preimage, from: &settings)
        chargeOn = Self.word("charge-on", of: ChargeOn.allCases, or: .request, from: &settings)
        isInsecure = settings.flag("insecure", or: false)
        digestLimit = Self.byteCount("digest", upTo: .mebibytes(1), or: .kibibytes(64), from: &settings)
        replayLimit = Self.byteCount("replay", upTo: AnswerShelf.room, or: .mebibytes(1), from: &settings)
        replayTime = settings.duration("replay-for", or: .seconds(3_600))
        if replayTime < .seconds(1) || replayTime > .seconds(86_400) {
            settings.note(settings.error(at: "replay-for", "should be from 1s to 24h"))
        }
        intents = Self.intents(from: &settings)
        session = SessionTerms(from: &settings, isOffered: intents.contains(.session))
    }

    /// What may stand in a quoted text and cannot be mistaken for two slots of a challenge's id.
    package static func isRealm(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "|") && byte != UInt8(ascii: "\"")
                    && byte != UInt8(ascii: "\\")
            }
    }

    /// The protection space of a request.
    package func realm(of exchange: Exchange) -> String {
        if let realm { return realm }
        let host = exchange.request.host
        return Self.isRealm(host) ? host : "sluice"
    }

    private static func word<Word: RawRepresentable<String>>(
        _ key: String,
        of words: [Word],
        or fallback: Word,
        from settings: inout PolicyReader
    ) -> Word {
        Word(rawValue: settings.choice(key, of: words.map(\.rawValue), or: fallback.rawValue)) ?? fallback
    }

    /// One word, or a list of them.
    private static func intents(from settings: inout PolicyReader) -> [Intent] {
        let nodes = settings.nodes("intents")
        guard settings.contains("intents") else { return [.charge] }
        if nodes.isEmpty { settings.note(settings.error(at: "intents", "should be charge, session or a list of both")) }
        var intents = [Intent]()
        for node in nodes {
            let form = "charge, session or a list of both"
            guard let intent = settings.value(of: node, named: "'intents'", expected: form, Intent.init(rawValue:))
            else {
                continue
            }
            if intents.contains(intent) { settings.note(node.place, "'intents' names \(intent.rawValue) twice") }
            intents.append(intent)
        }
        return intents.isEmpty ? Intent.allCases : intents
    }

    /// `0` or a size.
    private static func byteCount(
        _ key: String,
        upTo most: ByteCount,
        or fallback: ByteCount,
        from settings: inout PolicyReader
    ) -> ByteCount {
        settings.value(key, or: fallback, placeholder: fallback, expected: "0, or a size up to \(most)") { text in
            guard let count = text == "0" ? ByteCount(0) : ByteCount(parsing: text), count.bytes <= most.bytes else {
                return nil
            }
            return count
        }
    }
}
