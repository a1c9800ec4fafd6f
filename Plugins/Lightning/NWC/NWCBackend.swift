package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

/// A wallet that is reached by Nostr Wallet Connect (NIP-47): Alby Hub, LNbits, and many others.
package final class NWCBackend: LightningBackend, Plugin {
    package static let word = "nwc"

    let wallet: NWCWallet
    let received: NWCSettlements
    let reader: InvoiceReader
    let store: any Store
    let time: TimeSource
    let logger: Logger
    /// For an answer.
    let timeout: Duration
    /// Payments that are being made: a wallet need not see that it pays one invoice once.
    let paying = NIOLockedValueBox<Set<PaymentHash>>([])
    private let following = NIOLockedValueBox<Task<Void, Never>?>(nil)

    /// Relays and wallets take 0.3 to 2 seconds.
    private static let usualTimeout = Duration.seconds(10)
    /// Rights with which money could leave the wallet.
    private static let neverAsked: Set = ["pay_keysend", "multi_pay_invoice", "multi_pay_keysend", "sign_message"]

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        let connection = try Self.connection(from: &settings)
        let network = Bolt11Network.one(from: &settings)
        let timeout = settings.timeout("timeout", or: Self.usualTimeout)
        try self.init(connection, network: network, timeout: timeout, services)
    }

    /// One that connects to nobody where a mistake was noted.
    private static func connection(from settings: inout PolicyReader) throws -> NWCConnection {
        if let secret = settings.secret("connection") {
            do {
                return try NWCConnection(parsing: secret.text)
            } catch {
                let mistake = settings.error(at: "connection", "should be what a wallet gives, whole: \(error)")
                settings.note(mistake.place, mistake.message)
            }
        }
        // The generator of the group and 1, which are a pair that everybody knows.
        return try NWCConnection(
            parsing: "nostr+walletconnect://79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                + "?relay=ws%3A%2F%2F127.0.0.1%3A9&secret=" + String(repeating: "0", count: 63) + "1"
        )
    }

    /// - Parameters:
    ///   - connection: what the wallet gave.
    ///   - network: of the invoices.
    ///   - timeout: for an answer.
    ///   - limits: of what a relay may send, and how long it may take.
    ///   - pauses: between attempts to connect.
    ///   - services: of the gateway.
    package init(
        _ connection: NWCConnection,
        network: Bolt11Network,
        timeout: Duration,
        limits: WebSocketLimits = WebSocketLimits(),
        pauses: Pauses = Pauses(),
        _ services: Services
    ) throws {
        received = NWCSettlements(of: connection.wallet, services)
        var settings = NWCWallet.Settings()
        settings.limits = limits
        settings.pauses = pauses
        guard let wallet = NWCWallet(connection, settings, telling: received, services) else {
            throw StartFailure("libsecp256k1 cannot be used")
        }
        self.wallet = wallet
        reader = InvoiceReader(network: network)
        store = services.store
        time = services.time
        logger = services.logger
        self.timeout = timeout
    }

    // MARK: Starting

    package func start() async throws {
        try await received.recall()
        let task = Task { [wallet] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await wallet.follow() }
                group.addTask { await self.followSettlements() }
            }
        }
        following.withLockedValue { $0 = task }
    }

    package func stop() async {
        following.withLockedValue { $0 }?.cancel()
        await received.remember()
        received.close()
    }

    // MARK: What it can

    /// NIP-47 has no word for a limit.
    package var boundsFees: Bool { false }

    /// What the wallet's connection permits; until the wallet has said so, all that it could.
    package var capabilities: LightningCapabilities {
        guard let profile = wallet.profile else { return [.subscribe, .hold, .refund] }
        var capabilities: LightningCapabilities = []
        if profile.permits(.listTransactions) { capabilities.insert(.subscribe) }
        if profile.permits(.lookUpInvoice) {
            if profile.permits(.payInvoice) { capabilities.insert(.refund) }
            let holding: [NWCMethod] = [.makeHoldInvoice, .settleHoldInvoice, .cancelHoldInvoice]
            if holding.allSatisfy(profile.permits) { capabilities.insert(.hold) }
        }
        return capabilities
    }

    package func findings() async -> [String] {
        var findings = wallet.connection.relays.filter { !$0.isSecure }.map {
            "the relay \($0) is reached without TLS: who listens learns when there are payments, though not which"
        }
        guard let profile = await profile() else { return findings }
        for method in [NWCMethod.makeInvoice, .lookUpInvoice] where !profile.permits(method) {
            findings.append("the wallet's connection does not permit \(method.rawValue), without which nothing is sold")
        }
        if !profile.permits(.listTransactions) {
            findings.append(
                "the wallet's connection does not permit list_transactions: payments that arrive while no relay is"
                    + " connected are not noticed"
            )
        }
        if !profile.tellsOfPayments {
            findings.append("the wallet does not tell of payments by itself: it is asked every two seconds")
        }
        if profile.permits(.payInvoice) {
            findings.append(
                "the wallet's connection may pay (pay_invoice), and nothing limits its fees: give it a budget in the"
                    + " wallet, or, where no sessions are sold, a connection that only receives"
            )
        }
        let wide = profile.methods.intersection(Self.neverAsked).sorted().joined(separator: ", ")
        if !wide.isEmpty { findings.append("the wallet's connection permits what is never asked: \(wide)") }
        if profile.cipher == .nip04 {
            findings.append("the wallet knows only the old encryption NIP-04: a newer version may know NIP-44")
        }
        return findings
    }

    /// What the wallet says of itself, which is waited for where nobody has heard it yet: `doctor` has no store to start with.
    private func profile() async -> NWCProfile? {
        if let known = wallet.profile { return known }
        if following.withLockedValue({ $0 }) != nil {
            try? await wallet.waitForRelay(within: timeout)
            return wallet.profile
        }
        await withTaskGroup(of: Void.self) { [wallet, timeout] group in
            group.addTask { await wallet.follow() }
            try? await wallet.waitForRelay(within: timeout)
            group.cancelAll()
        }
        return wallet.profile
    }

    // MARK: Asking

    /// - Throws: `LightningFailure`, a wallet's no included.
    func ask(_ method: NWCMethod, _ parameters: [JSONValue.Member]) async throws -> JSONValue {
        do {
            return try await wallet.ask(method, parameters, within: timeout)
        } catch let error as NWCError {
            throw error.failure
        }
    }

    /// What the wallet knows of an invoice or a payment; `nil`: nothing.
    func transaction(_ payment: PaymentHash) async throws -> NWCTransaction? {
        let result: JSONValue
        do {
            result = try await wallet.ask(
                .lookUpInvoice,
                [.init("payment_hash", .string(payment.description))],
                within: timeout
            )
        } catch let error as NWCError {
            guard error.isNotFound else { throw error.failure }
            return nil
        }
        let transaction = try Self.transaction(result)
        guard transaction.payment == payment else {
            throw LightningFailure(.malformed, "the wallet answered of another payment")
        }
        return transaction
    }

    static func transaction(_ json: JSONValue) throws -> NWCTransaction {
        do {
            return try NWCTransaction(json)
        } catch {
            throw LightningFailure(.malformed, "\(error)")
        }
    }
}
