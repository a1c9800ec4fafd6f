package import GatewayKit
internal import NIOHTTP1

/// A phoenixd, by its HTTP interface.
///
/// It tells the preimage of an invoice before anybody has paid, to everybody who has one of its passwords: nothing here reads
/// it, and what else has a password may open what it has not paid for (`preimageExposure`).
package final class Phoenixd: LightningBackend, Plugin {
    package static let word = "phoenixd"

    package let capabilities: LightningCapabilities
    package let preimageExposure = PreimageExposure.keyHolders
    private let settings: PhoenixdSettings
    private let client: NodeClient
    private let reader: InvoiceReader
    private let time: TimeSource
    private let doorbell: Doorbell
    /// `nil` where the address is none for a WebSocket.
    private let events: PhoenixdEvents?
    private let answers = PhoenixdAnswers()

    /// Of a page of payments.
    private static let pageLength = 200
    /// In code units of UTF-16 (phoenixd, `createinvoice`).
    private static let longestMemo = 128
    /// What phoenixd takes for the way of a payment: 4 sat and 0.4 % (lightning-kmp, `walletParams.trampolineFees`).
    private static let leastFee = Amount(millisatoshis: 4_000)
    private static let feeParts: UInt64 = 250

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        self.init(PhoenixdSettings(from: &settings), time: services.time)
    }

    package init(_ settings: PhoenixdSettings, time: TimeSource = .system) {
        self.settings = settings
        self.time = time
        // Any name of a user will do.
        let basic = Secret("Basic " + Base64.standard.encoded("sluice:" + settings.password.text))
        client = NodeClient(settings.node, name: "phoenixd", fields: [("Authorization", basic)])
        let doorbell = Doorbell()
        self.doorbell = doorbell
        let socket = WebSocketAddress(parsing: "ws\(settings.node.address.base.dropFirst(4))/websocket")
        events = socket.map { address in
            PhoenixdEvents(
                at: address,
                trusting: settings.node.authorities,
                authorization: basic.text,
                ring: doorbell.ring
            )
        }
        reader = InvoiceReader(network: settings.node.network)
        capabilities = settings.paysBack ? [.subscribe, .refund] : [.subscribe]
    }

    /// Connects to nobody yet.
    package func start() async throws {
        client.start()
        events?.start()
    }

    package func stop() async {
        events?.stop()
        await client.stop()
    }

    package var localServices: [LocalService] {
        guard let webhook = settings.webhook else { return [] }
        let stage = PhoenixdWebhook(secret: webhook.secret, ring: doorbell.ring)
        return [LocalService(listener: webhook.listener, route: Route(name: "phoenixd-webhook", stages: [stage]))]
    }

    // MARK: Invoices

    /// In whole satoshis, rounded up: phoenixd knows no smaller unit.
    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        guard amount > .zero, amount <= .maximum else {
            throw LightningFailure(.refused, "an invoice asks for more than nothing, and less than all bitcoin")
        }
        let form = NodeBody.form([
            ("amountSat", "\(amount.satoshisRoundedUp)"),
            ("description", memo.prefix(utf16: Self.longestMemo)),
            ("expirySeconds", "\(max(1, expiresIn.secondsRoundedUp))"),
        ])
        return try answers.invoice(in: try await client.answer(.POST, "/createinvoice", form), reader)
    }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try await invoiceState(payment) == .settled
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        try answers.state(of: payment, in: try await client.answer(.GET, "/payments/incoming/\(payment)"))
    }

    package func read(_ bolt11: String) throws -> PayableInvoice { try reader.read(bolt11) }

    // MARK: Settlements

    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        follower.settlements(since: cursor)
    }

    package func settlementsEnd() async throws -> SettlementCursor { try await follower.settlementsEnd() }

    private var follower: ArrivalFollower {
        ArrivalFollower(
            clock: .milliseconds,
            time: time,
            pageLength: Self.pageLength,
            page: { [client, answers] since, offset in
                let query = "from=\(since)&limit=\(Self.pageLength)&offset=\(offset)"
                return try answers.arrived(in: try await client.answer(.GET, "/payments/incoming?\(query)"))
            },
            pause: { [doorbell, poll = settings.poll] in
                try await doorbell.wait(atMost: poll * Double.random(in: 0.9...1.1))
            }
        )
    }

    // MARK: Paying

    package func pay(
        _ bolt11: String,
        amount: Amount?,
        feeLimit: Amount,
        patience: Duration
    ) async throws -> Payment {
        guard settings.paysBack else {
            throw LightningFailure(.refused, "phoenixd pays nothing: 'refunds' is not true")
        }
        let invoice = try reader.read(bolt11)
        guard let paid = invoice.amount ?? amount, paid > .zero, amount == nil || invoice.amount == nil else {
            throw LightningFailure(.refused, "the amount should be the invoice's, or chosen where it has none")
        }
        // It takes no limit: what it would take is known.
        let parts = Amount(millisatoshis: paid.millisatoshis / Self.feeParts)
        guard let fee = Self.leastFee.adding(parts), fee <= feeLimit else {
            throw LightningFailure(.refused, "phoenixd takes 4 sat and 0.4 % for a payment, which is above the limit")
        }
        var form = [(name: "invoice", value: bolt11)]
        if invoice.amount == nil {
            guard paid.millisatoshis % 1_000 == 0 else {
                throw LightningFailure(.refused, "phoenixd pays whole satoshis, not \(paid)")
            }
            form.append(("amountSat", "\(paid.satoshisRoundedUp)"))
        }
        guard try await payment(invoice.payment) == .unpaid else {
            throw LightningFailure(.refused, "the invoice is paid already, or its payment is under way")
        }
        let answer = try await client.answer(.POST, "/payinvoice", .form(form), patience: patience)
        return try answers.paid(invoice.payment, paid, in: answer)
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState {
        let answer = try await client.answer(.GET, "/payments/outgoingbyhash/\(payment)")
        return try answers.payment(payment, in: answer, reader)
    }

    // MARK: Findings

    /// Asks phoenixd for a payment without an invoice, which it cannot make: whether it says that this is not allowed tells
    /// which of its passwords this is. Then for open invoices, to see whether it tells their preimages.
    package func findings() async -> [String] {
        var findings = [String]()
        if let answer = try? await client.answer(.POST, "/payinvoice", .form([])) {
            if answer.status != 401, !settings.paysBack {
                findings.append(
                    "the password of phoenixd is the one that may pay, and nothing is paid back: use"
                        + " http-password-limited-access of phoenix.conf"
                )
            } else if answer.status == 401, settings.paysBack {
                findings.append("'refunds' is true, and the password of phoenixd may not pay: use http-password")
            }
        }
        if let answer = try? await client.answer(.GET, "/payments/incoming?all=true&limit=\(Self.pageLength)"),
            answers.tellsPreimagesOfOpenInvoices(in: answer) == true
        {
            findings.append(
                "phoenixd tells the preimages of invoices that nobody has paid to everybody who has one of its passwords:"
                    + " keep them to the gateway, or sell with 'verify: node'"
            )
        }
        return findings
    }
}
