import Crypto
import GatewayKit
import Lightning
import NIOConcurrencyHelpers

/// A wallet that speaks NIP-47 over relays, with invoices on regtest. It misbehaves on demand.
final class FakeWallet: Sendable {
    struct Behaviour: Sendable {
        /// Requests of these methods are answered with an error of this code, and nothing is done.
        var errors: [String: String] = [:]
        /// The same, and all is done.
        var lateErrors: [String: String] = [:]
        /// Requests of these methods are done, and not answered until `release`.
        var held: Set<String> = []
        /// Requests of these methods are neither done nor answered.
        var ignored: Set<String> = []
        /// Nothing is done.
        var isAsleep = false
        /// Payments are not told of.
        var isSilent = false
        /// Its invoices ask for another amount, name another payment, or are for another network.
        var amount: Amount?
        var namesOther = false
        /// Of what it has paid, it names another preimage.
        var hidesPreimage = false
        var network = Bolt11Network.regtest
        /// Answers are signed by this key.
        var signer: NostrKey?
        /// Members that its answers lack.
        var omits: Set<String> = []
        /// Added to what it says when something was.
        var clockError = Duration.zero
    }

    struct State {
        var behaviour = Behaviour()
        /// In the order in which they were made.
        var transactions: [FakeTransaction] = []
        var seen: Set<Bytes32> = []
        var withheld: [NostrEvent] = []
        /// Of somebody else, whom it can pay.
        var payable: [PaymentHash: Preimage] = [:]
        var asked: [String] = []
        /// Payments from before, one in ten minutes, which are made up when somebody asks.
        var ancient = 0
        var listed: [Int: Int] = [:]
    }

    let key: NostrKey
    let client: NostrKey
    let ciphers: String?
    let state = NIOLockedValueBox(State())
    private let clientSecret: Bytes32
    private let node: NodeKey
    private let conversation: NostrConversation
    let time: TimeSource
    let openedAt: WallTime
    private let relays = NIOLockedValueBox<[FakeRelay]>([])

    static let everything = """
        pay_invoice make_invoice lookup_invoice list_transactions make_hold_invoice settle_hold_invoice \
        cancel_hold_invoice get_info notifications
        """

    /// - Parameter ciphers: as it tells of them; `nil`: it is from before it would.
    init(ciphers: String? = "nip44_v2 nip04", time: TimeSource = .system) throws {
        clientSecret = .random()
        guard let key = NostrKey(.random()), let client = NostrKey(clientSecret), let node = NodeKey.random(),
            let conversation = NostrConversation(of: key, with: client.publicKey)
        else { throw StartFailure("libsecp256k1 cannot be used") }
        self.key = key
        self.client = client
        self.node = node
        self.conversation = conversation
        self.ciphers = ciphers
        self.time = time
        openedAt = time.now()
    }

    var behaviour: Behaviour {
        get { state.withLockedValue { $0.behaviour } }
        set { state.withLockedValue { $0.behaviour = newValue } }
    }

    /// The methods that it was asked, in their order.
    var asked: [String] { state.withLockedValue { $0.asked } }

    /// How many payments its lists had, by the place where they began.
    var listed: [Int: Int] { state.withLockedValue { $0.listed } }

    /// How many payments it got before all others.
    func fill(_ count: Int) {
        state.withLockedValue { $0.ancient = count }
    }

    /// Answers that are not sent yet.
    var withheld: [NostrEvent] { state.withLockedValue { $0.withheld } }

    // MARK: Relays

    /// Begins to follow another relay, which listens from then on.
    func addRelay() async throws -> FakeRelay {
        let relay = FakeRelay(clients: [client.publicKey]) { [weak self] in self?.hear($0) }
        try await relay.start()
        relays.withLockedValue { $0.append(relay) }
        return relay
    }

    /// What it gives to whoever may use it.
    var connection: NWCConnection {
        get throws {
            var text = "nostr+walletconnect://\(key.publicKey)?secret=\(clientSecret.hex)"
            for relay in relays.withLockedValue({ $0 }) {
                text += "&relay=\(relay.address)"
            }
            return try NWCConnection(parsing: text)
        }
    }

    /// Says what it can, for relays to keep.
    func introduce(_ methods: String = FakeWallet.everything, notifications: String? = "payment_received payment_sent")
    {
        var tags = [[String]]()
        if let ciphers { tags.append(["encryption", ciphers]) }
        if let notifications { tags.append(["notifications", notifications]) }
        guard let event = NostrEvent(signing: methods, kind: 13_194, tags: tags, at: time.now(), with: key) else {
            return
        }
        for relay in relays.withLockedValue({ $0 }) {
            relay.tell(event, isKept: true)
        }
    }

    private func tell(_ event: NostrEvent) {
        for relay in relays.withLockedValue({ $0 }) {
            relay.tell(event)
        }
    }

    // MARK: Requests

    private func hear(_ event: NostrEvent) {
        guard event.kind == 23_194, event.tag("p") == key.publicKey.description else { return }
        if let end = event.tag("expiration").flatMap({ Int64($0) }), end < time.now().seconds { return }
        let cipher = event.tag("encryption").flatMap(NostrCipher.init(rawValue:)) ?? .nip04
        let known = (ciphers ?? "nip04").split(separator: " ").map(String.init)
        guard known.contains(cipher.rawValue), let text = try? conversation.decrypted(event.content, by: cipher),
            let json = try? Array(text.utf8).withUnsafeBytes({ try JSONReader.read($0) }),
            let method = json["method"]?.text, let parameters = json["params"]
        else { return }
        let behaviour = state.withLockedValue { state -> Behaviour? in
            // Of several relays.
            guard state.seen.insert(event.id).inserted else { return nil }
            state.asked.append(method)
            return state.behaviour
        }
        guard let behaviour, !behaviour.isAsleep, !behaviour.ignored.contains(method) else { return }
        var members: [JSONValue.Member] = [.init("result_type", .string(method))]
        do {
            if let code = behaviour.errors[method] { throw FakeWalletError(code) }
            let result = try answer(method, parameters)
            if let code = behaviour.lateErrors[method] { throw FakeWalletError(code) }
            members.append(.init("result", result))
            members.append(.init("error", .null))
        } catch {
            let code = (error as? FakeWalletError)?.code ?? "INTERNAL"
            members.append(
                .init("error", .object([.init("code", .string(code)), .init("message", .string("\(error)"))]))
            )
        }
        answer(event, .object(members), cipher, behaviour, isHeld: behaviour.held.contains(method))
    }

    private func answer(
        _ event: NostrEvent,
        _ json: JSONValue,
        _ cipher: NostrCipher,
        _ behaviour: Behaviour,
        isHeld: Bool
    ) {
        guard let content = try? conversation.encrypted(json.canonical, by: cipher),
            let answer = NostrEvent(
                signing: content,
                kind: 23_195,
                tags: [["p", event.author.description], ["e", event.id.hex]],
                at: time.now(),
                with: behaviour.signer ?? key
            )
        else { return }
        guard !isHeld else { return state.withLockedValue { $0.withheld.append(answer) } }
        tell(answer)
    }

    /// Sends what was held, the last first where it is told to.
    func release(reversed: Bool = false) {
        let withheld = state.withLockedValue { state in
            state.behaviour.held = []
            defer { state.withheld = [] }
            return reversed ? Array(state.withheld.reversed()) : state.withheld
        }
        for answer in withheld {
            tell(answer)
        }
    }

    // MARK: Payments

    /// Somebody pays an invoice of this wallet: returns once it is settled.
    func pay(_ invoice: Invoice) async throws {
        let isHold = try state.withLockedValue { state in
            guard let index = state.transactions.firstIndex(where: { $0.hash == invoice.paymentHash && $0.isIncoming })
            else { throw FakeWalletError("NOT_FOUND") }
            guard state.transactions[index].state == "pending" else { throw FakeWalletError("PAYMENT_FAILED") }
            guard !state.transactions[index].isHold else { return true }
            settle(index, &state)
            return false
        }
        guard isHold else { return notify(invoice.paymentHash) }
        try await withCheckedThrowingContinuation { (payer: CheckedContinuation<Void, any Error>) in
            state.withLockedValue { state in
                guard let index = state.transactions.firstIndex(where: { $0.hash == invoice.paymentHash }),
                    state.transactions[index].state == "pending"
                else { return payer.resume(throwing: FakeWalletError("PAYMENT_FAILED")) }
                state.transactions[index].state = "accepted"
                state.transactions[index].payer = payer
            }
        }
    }

    func settle(_ index: Int, _ state: inout State) {
        state.transactions[index].state = "settled"
        state.transactions[index].settledAt = time.now().advanced(by: state.behaviour.clockError)
    }

    /// Tells of a payment that was received, in each way that it knows.
    func notify(_ payment: PaymentHash) {
        let (behaviour, transaction) = state.withLockedValue { state in
            (state.behaviour, state.transactions.first { $0.hash == payment && $0.isIncoming })
        }
        guard let transaction, !behaviour.isSilent else { return }
        let json = JSONValue.object([
            .init("notification_type", .string("payment_received")), .init("notification", transaction.json),
        ])
        for (cipher, kind) in [(NostrCipher.nip04, 23_196), (NostrCipher.nip44, 23_197)] {
            guard (ciphers ?? "nip04").contains(cipher.rawValue),
                let content = try? conversation.encrypted(json.canonical, by: cipher),
                let event = NostrEvent(
                    signing: content,
                    kind: kind,
                    tags: [["p", client.publicKey.description]],
                    at: time.now(),
                    with: behaviour.signer ?? key
                )
            else { continue }
            tell(event)
        }
    }

    /// An invoice of somebody else, whom this wallet can pay.
    func foreignInvoice(_ amount: Amount) throws -> String {
        guard let other = NodeKey.random() else { throw FakeWalletError("INTERNAL") }
        let preimage = Preimage(.random())
        let hash = Self.hash(of: preimage)
        state.withLockedValue { $0.payable[hash] = preimage }
        return try Self.bolt11(
            for: amount,
            hash,
            expiry: .seconds(600),
            memo: "refund",
            at: time.now(),
            .regtest,
            other
        )
    }

    static func hash(of preimage: Preimage) -> PaymentHash {
        PaymentHash(Bytes32(SHA256.hash(data: preimage.bytes.array)) ?? .zero)
    }

    static func bolt11(
        for amount: Amount,
        _ hash: PaymentHash,
        expiry: Duration,
        memo: String,
        at time: WallTime,
        _ network: Bolt11Network,
        _ key: NodeKey
    ) throws -> String {
        try Bolt11Draft(
            network: network,
            amount: amount,
            timestamp: WallTime(seconds: time.seconds),
            fields: [.paymentHash(hash), .paymentSecret(.random()), .memo(memo), .expiry(expiry), .features(.basic)]
        ).signed(with: key)
    }

    /// A new invoice of this wallet.
    func bolt11(for amount: Amount, _ hash: PaymentHash, expiry: Duration, memo: String) throws -> String {
        let behaviour = behaviour
        return try Self.bolt11(
            for: behaviour.amount ?? amount,
            hash,
            expiry: expiry,
            memo: memo,
            at: time.now(),
            behaviour.network,
            node
        )
    }
}

struct FakeWalletError: Error, CustomStringConvertible {
    let code: String

    init(_ code: String) {
        self.code = code
    }

    var description: String { "the fake wallet says \(code)" }
}
