internal import Crypto
package import GatewayKit
internal import HTTPTypes

/// `pow`: a proof of work pays for one request.
///
/// `WWW-Authenticate: PoW realm="…", algorithm="SHA-256", challenge="…", bits=20, max-age=300` asks for it, and
/// `Authorization: PoW challenge.answer` is it (`WorkChallenge`, `WorkProof`). A challenge costs the gateway no memory; the
/// store remembers an answer until its challenge ends, so that it counts once, and one that the service never saw may be
/// sent again. A page presents its proof in a cookie: it is the answer to no question but its own.
package struct WorkScheme: AuthScheme, Plugin {
    package static let word = "pow"
    package static let carriesCaveats = false
    static let name = "PoW"
    /// Of pages that are looked at.
    private static let mostCookies = 8
    private static let keyrings = OnePerFolder { KeyringFile<SymmetricKey>(dataFolder: $0) }

    private let terms: WorkTerms
    private let keyring: KeyringFile<SymmetricKey>
    private let store: any Store
    private let time: TimeSource

    package init(_ terms: WorkTerms, dataFolder: String, store: any Store, time: TimeSource) {
        self.terms = terms
        keyring = Self.keyrings.value(of: dataFolder)
        self.store = store
        self.time = time
    }

    package init(from settings: inout PolicyReader, _ services: Services) {
        self.init(
            WorkTerms(from: &settings),
            dataFolder: services.dataFolder,
            store: services.store,
            time: services.time
        )
    }

    /// Reads the key, or makes it, where a route needs it, before the first request does.
    package static func prepare(dataFolder: String) throws(StartFailure) {
        _ = try keyrings.known(of: dataFolder)?.keys()
    }

    package var takesPayments: Bool { false }

    /// Requests for the work of one hash.
    package var giveaway: Double { Double(sign: .plus, exponent: -terms.bits, significand: 1) }

    package var summary: String { "\(terms.bits) bits" }

    // MARK: Concealing

    package static func conceal(in exchange: Exchange) {
        PageCookie.conceal(in: exchange)
        let fields = exchange.request.fields
        for line in fields.lines.indices where fields.lines[line].known == .authorization {
            if fields.withValue(at: line, { proof(in: $0) != nil }) {
                exchange.edits.removeLine(line)
            }
        }
    }

    /// What stands behind `PoW` in a line; `nil` when the line is of another scheme. Costs no allocation then.
    private static func proof(in value: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        let prefix: StaticString = "pow"
        let count = prefix.utf8CodeUnitCount
        guard value.count == count || value.count > count && value[count] == UInt8(ascii: " ") else { return nil }
        let matches = prefix.withUTF8Buffer { wanted in
            wanted.indices.allSatisfy { ASCII.lowercased(value[$0]) == wanted[$0] }
        }
        return matches ? value[count...] : nil
    }

    // MARK: Asking

    private func place(of exchange: Exchange) -> WorkPlace {
        WorkPlace(route: exchange.route.name, block: terms.blocks.block(of: exchange.client))
    }

    package func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
        let challenge = WorkChallenge(
            bits: terms.bits,
            end: time.now().advanced(by: terms.lifetime),
            place: place(of: exchange),
            key: try keyring.keys()
        )
        if exchange.request.prefersHTML {
            exchange[PageWork.self] = PageWork(
                challenge: challenge.text,
                bits: challenge.bits,
                cookie: challenge.cookieName,
                lifetime: terms.lifetime.components.seconds
            )
        }
        let line = WorkOffer.line(
            challenge,
            realm: exchange.route.service,
            lifetime: terms.lifetime.components.seconds
        )
        return .now(Challenge(lines: [line]))
    }

    package func challenge(in exchange: Exchange) -> Challenge {
        Challenge(lines: ["\(Self.name) realm=\"\(exchange.route.service)\""])
    }

    // MARK: Recognising

    package func credential(in exchange: Exchange) throws -> Eventually<Credential?> {
        var texts = [String]()
        let fields = exchange.request.fields
        for line in fields.lines.indices where fields.lines[line].known == .authorization {
            fields.withValue(at: line) { value in
                guard let proof = Self.proof(in: value) else { return }
                texts.append(String(decoding: proof.prefix(512), as: UTF8.self))
            }
        }
        guard let text = texts.first else { return .now(try pageCredential(in: exchange)) }
        guard texts.count == 1, let proof = WorkProof(text.filter { $0 != " " }) else {
            throw Rejection(.malformed, "a proof of work is a challenge, '.' and 1 to 32 characters of base64url")
        }
        guard proof.challenge.isOurs(at: place(of: exchange), key: try keyring.keys()) else {
            throw Rejection(.signature, "the challenge of the proof of work was not made for this route and address")
        }
        return .now(try credential(of: proof, in: exchange))
    }

    /// The credential of the cookies of pages: the first that is for this route and address. Those of others are none.
    private func pageCredential(in exchange: Exchange) throws -> Credential? {
        let pairs = PageCookie.pairs(of: Self.word, in: exchange.request.fields, upTo: Self.mostCookies)
        guard !pairs.isEmpty else { return nil }
        let (place, key) = (place(of: exchange), try keyring.keys())
        for pair in pairs {
            guard let proof = WorkProof(pair.value), proof.challenge.cookieName == pair.name,
                proof.challenge.isOurs(at: place, key: key)
            else { continue }
            return try credential(of: proof, cookie: pair.name, in: exchange)
        }
        return nil
    }

    private func credential(
        of proof: WorkProof,
        cookie: String? = nil,
        in exchange: Exchange
    ) throws(Rejection) -> Credential {
        let challenge = proof.challenge
        guard time.now() <= challenge.end else {
            throw Rejection(.expired, "the challenge of the proof of work has ended")
        }
        guard challenge.bits >= terms.bits else {
            throw Rejection(.work, "the route asks for \(terms.bits) bits by now, and the proof has \(challenge.bits)")
        }
        guard proof.isSolved else {
            throw Rejection(.work, "the hash of the proof does not begin with \(challenge.bits) zero bits")
        }
        let id = Bytes32(Array(SHA256.hash(data: Array(challenge.text.utf8)))) ?? .zero
        exchange[DoneWork.self] = DoneWork(
            counter: Counter("\(Self.word)/\(Base64.url.encoded(challenge.number))", end: challenge.end),
            cookie: cookie
        )
        // No payment: what stands in its place is nobody's hash.
        return Credential(
            scheme: Self.word,
            id: CredentialID(id),
            payment: PaymentHash(id),
            caveats: [],
            redemption: .every
        )
    }

    // MARK: Taking

    package func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        guard let work = exchange[DoneWork.self] else {
            throw Rejection(.service, "the proof of work was not presented to this route")
        }
        let counter = work.counter
        let counted: Eventually<Counted> =
            if let known = store.countAtOnce(counter, upTo: 1) {
                .now(known)
            } else {
                exchange.later { [store] in try await store.count(counter, upTo: 1) }
            }
        return try counted.map { counted in
            work.isTaken = counted != .full
            work.isUsedUp = counted == .full
            guard work.isTaken else { throw Rejection(.used, "the proof of work has been used already") }
            return .next
        }
    }

    /// The cookie of a page opens its route once.
    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let work = exchange[DoneWork.self], let cookie = work.cookie,
            work.isUsedUp || work.isTaken && response.status.code < 400
        else { return }
        response.fields.add(
            FieldName(.setCookie),
            PageCookie.line(name: cookie, value: "", seconds: 0, isSecure: exchange.isSecure)
        )
    }

    package func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let work = exchange[DoneWork.self], work.isTaken, outcome.isUnserved(exchange) else { return }
        store.uncount(work.counter)
    }
}

/// The work that a request brings. Belongs to its exchange.
private final class DoneWork {
    let counter: Counter
    /// The name of the cookie that it came in, where a page did it.
    let cookie: String?
    /// This request has it.
    var isTaken = false
    /// An earlier one had it.
    var isUsedUp = false

    init(counter: Counter, cookie: String?) {
        self.counter = counter
        self.cookie = cookie
    }
}
