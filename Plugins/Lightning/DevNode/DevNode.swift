package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

/// A Lightning node for development: real invoices on regtest, paid by its own wallet. It moves no money.
package final class DevNode: LightningBackend, Plugin {
    package static let word = "dev"
    package let capabilities: LightningCapabilities = [.subscribe, .hold, .refund]
    package let isAttended = true

    /// Where it speaks lnd's REST interface: a loopback address.
    package let listener: ListenerSettings
    let time: TimeSource
    private let store: any Store
    private let logger: Logger
    let ledger: DevLedger
    let holds: DevHolds
    private let reader = InvoiceReader(network: .regtest)
    /// `nil` until it has started.
    private let key = NIOLockedValueBox<NodeKey?>(nil)
    private let currentBehaviour = NIOLockedValueBox(DevBehaviour(.normal))
    /// How many are paying an invoice right now.
    private let payers = NIOLockedValueBox<[PaymentHash: Int]>([:])

    private static let keyInStore = "dev/key"
    /// lnd's own limit.
    private static let longestExpiry = Duration.seconds(365 * 86_400)

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        let usual = ListenerSettings(host: "127.0.0.1", port: 8403)
        let listener = settings.value(
            "listen",
            or: usual,
            placeholder: usual,
            expected: "a loopback address and a port such as 127.0.0.1:8403 (the development node takes any macaroon)"
        ) { text in
            ListenerSettings(parsing: text).flatMap { Self.isLoopback($0.host) ? $0 : nil }
        }
        self.init(listener: listener, services)
    }

    /// - Parameter invoicesInMemory: at the most; older ones are read from the store.
    package init(listener: ListenerSettings, _ services: Services, invoicesInMemory: Int = 100_000) {
        self.listener = listener
        time = services.time
        store = services.store
        logger = services.logger
        ledger = DevLedger(
            store: services.store,
            time: services.time,
            logger: services.logger,
            capacity: invoicesInMemory
        )
        holds = DevHolds(ledger: ledger)
    }

    private static func isLoopback(_ host: String) -> Bool {
        host.lowercased() == "localhost" || IPAddress(host)?.isLoopback == true
    }

    // MARK: Starting

    package func start() async throws {
        let key = try await loadedKey()
        try await ledger.load()
        self.key.withLockedValue { $0 = key }
        logger.notice(
            "the development node moves no money: its invoices are for regtest and only its own wallet can pay them",
            metadata: ["node": .stringConvertible(key.id), "listen": .string(listener.address)]
        )
    }

    package func stop() async {
        holds.stop()
        await ledger.stop()
    }

    /// Waits until every invoice and payment up to now is in the store.
    package func flush() async throws {
        try await ledger.flush()
    }

    private func loadedKey() async throws -> NodeKey {
        if let bytes = try await store.value(for: Self.keyInStore) {
            guard let key = Bytes32(bytes).flatMap(NodeKey.init) else {
                throw StartFailure("the store's \(Self.keyInStore) is no key; delete it to get another one")
            }
            return key
        }
        guard let key = NodeKey.random() else { throw StartFailure("libsecp256k1 cannot be used") }
        try await store.setValue(key.secret.array, for: Self.keyInStore)
        return key
    }

    private func startedKey() throws -> NodeKey {
        guard let key = key.withLockedValue({ $0 }) else {
            throw LightningFailure(.unavailable, "the development node has not started")
        }
        return key
    }

    package var localServices: [LocalService] {
        [LocalService(listener: listener, route: Route(name: "dev-node", stages: [DevNodeInterface(node: self)]))]
    }

    // MARK: Behaviour

    package var behaviour: DevBehaviour {
        get { currentBehaviour.withLockedValue { $0 } }
        set { currentBehaviour.withLockedValue { $0 = newValue } }
    }

    /// Waits where the node is slow, and fails where it is down.
    private func behave() async throws {
        let behaviour = behaviour
        switch behaviour.mode {
        case .normal, .neverSettling: break
        case .slow: try await Task.sleep(for: behaviour.delay)
        case .down: throw Self.down
        }
    }

    func requireUp() throws {
        guard behaviour.mode != .down else { throw Self.down }
    }

    // MARK: Invoices

    package var id: NodeID {
        get throws { try startedKey().id }
    }

    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        guard amount > .zero else { throw LightningFailure(.refused, "an invoice needs an amount above zero") }
        return try await makeDevInvoice(for: amount, memo: memo, expiresIn: expiresIn).invoice
    }

    /// An invoice whose payer chooses the amount, as clients give one for what is left of what they deposited.
    package func makeOpenInvoice(expiresIn: Duration) async throws -> String {
        try await makeDevInvoice(for: .zero, memo: "", expiresIn: expiresIn).invoice.bolt11
    }

    /// - Parameters:
    ///   - amount: `.zero`: the payer chooses.
    ///   - payment: of a preimage that only its maker knows; `nil`: of one that is made here.
    func makeDevInvoice(
        for amount: Amount,
        memo: String,
        expiresIn: Duration,
        payment: PaymentHash? = nil
    ) async throws -> DevInvoice {
        try await behave()
        let key = try startedKey()
        guard amount <= .maximum else {
            throw LightningFailure(.refused, "an invoice needs an amount below all bitcoin there is")
        }
        guard expiresIn > .zero, expiresIn <= Self.longestExpiry else {
            throw LightningFailure(.refused, "an invoice expires after more than nothing and at most a year")
        }
        guard memo.utf8.count <= Bolt11Field.longestBytes else {
            throw LightningFailure(.refused, "a memo has at most \(Bolt11Field.longestBytes) bytes (BOLT 11)")
        }
        let own = Preimage(.random())
        let hash = payment ?? PaymentHash(own.bytes.sha256)
        let secret = Bytes32.random()
        // An invoice counts in whole seconds.
        let createdAt = WallTime(seconds: time.now().seconds)
        let expiry = Duration.seconds(expiresIn.secondsRoundedUp)
        let draft = Bolt11Draft(
            network: .regtest,
            amount: amount == .zero ? nil : amount,
            timestamp: createdAt,
            fields: [
                .paymentHash(hash), .paymentSecret(secret), .memo(memo), .expiry(expiry), .features(.basic),
            ]
        )
        return try ledger.add { addIndex in
            let bolt11: String
            do {
                bolt11 = try draft.signed(with: key)
            } catch {
                throw LightningFailure(.refused, "\(error)")
            }
            return DevInvoice(
                invoice: Invoice(
                    bolt11: bolt11,
                    paymentHash: hash,
                    amount: amount,
                    expiresAt: createdAt.advanced(by: expiry)
                ),
                preimage: payment == nil ? own : nil,
                paymentSecret: secret,
                memo: memo,
                createdAt: createdAt,
                addIndex: addIndex
            )
        }
    }

    /// The invoice, and its payment once it has arrived; `nil` when this node never made it.
    func invoice(_ payment: PaymentHash) async throws -> (invoice: DevInvoice, settlement: Settlement?)? {
        guard let invoice = try await ledger.invoice(payment) else { return nil }
        return (invoice, ledger.settlement(of: payment))
    }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try requireUp()
        return ledger.settlement(of: payment) != nil
    }

    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        ledger.settlements(since: cursor)
    }

    // MARK: Paying

    /// Pays an invoice of this node itself; a fee is never taken. Of any number of callers exactly one succeeds.
    package func pay(
        _ bolt11: String,
        amount: Amount?,
        feeLimit: Amount,
        patience: Duration
    ) async throws -> Payment {
        let key = try startedKey()
        let decoded = try reader.invoice(bolt11)
        guard let paid = decoded.amount ?? amount, paid > .zero, amount == nil || amount == paid else {
            throw LightningFailure(.refused, "the amount should be the invoice's, or chosen where it has none")
        }
        payers.withLockedValue { $0[decoded.paymentHash, default: 0] += 1 }
        defer {
            payers.withLockedValue { payers in
                let others = payers[decoded.paymentHash, default: 1] - 1
                payers[decoded.paymentHash] = others > 0 ? others : nil
            }
        }
        guard behaviour.mode != .slow || behaviour.delay <= patience else {
            try await Task.sleep(for: patience)
            throw Self.timedOut
        }
        try await behave()
        guard decoded.payee == key.id else { throw Self.noRoute }
        guard ledger.settlement(of: decoded.paymentHash) == nil else { throw Self.alreadyPaid }
        guard let invoice = try await ledger.invoice(decoded.paymentHash) else { throw Self.noRoute }
        guard !invoice.isCancelled else { throw Self.cancelled }
        let now = time.now()
        guard now < invoice.invoice.expiresAt else { throw LightningFailure(.refused, "invoice expired") }
        let behaviour = behaviour
        if behaviour.mode == .neverSettling {
            try await Task.sleep(for: behaviour.delay)
            throw Self.timedOut
        }
        guard let preimage = invoice.preimage else {
            let given = try await holds.hold(decoded.paymentHash, paid)
            return Payment(preimage: given, amount: paid, fee: .zero)
        }
        try await settle(invoice, for: paid, at: now)
        return Payment(preimage: preimage, amount: paid, fee: .zero)
    }

    func settle(_ invoice: DevInvoice, for amount: Amount, at now: WallTime) async throws {
        guard let settlement = ledger.settle(invoice, for: amount, at: now) else { throw Self.alreadyPaid }
        await write(settlement)
    }

    /// A payment is on disk before its preimage is out, as far as the store can help it.
    func write(_ settlement: Settlement) async {
        do {
            try await ledger.write(settlement)
        } catch {
            logger.warning("a payment to the development node is not on disk yet: \(error)")
        }
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState {
        try requireUp()
        guard let settlement = ledger.settlement(of: payment),
            let preimage = try await ledger.invoice(payment)?.preimage
        else {
            return payers.withLockedValue { $0[payment] == nil ? .unpaid : .underWay }
        }
        return .paid(Payment(preimage: preimage, amount: settlement.amount, fee: .zero))
    }

    package func read(_ bolt11: String) throws -> PayableInvoice { try reader.read(bolt11) }

    package func findings() async -> [String] {
        ["the development node moves no money: whoever pays it has paid nothing"]
    }

    private static let down = LightningFailure(.unavailable, "the development node was told to be down")
    static let noRoute = LightningFailure(.refused, "no route")
    static let alreadyPaid = LightningFailure(.refused, "invoice is already paid")
    static let cancelled = LightningFailure(.refused, "invoice is already canceled")
    static let timedOut = LightningFailure(.refused, "payment timed out")
}
