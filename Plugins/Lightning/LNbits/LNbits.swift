package import GatewayKit
internal import NIOHTTP1

/// A wallet of an LNbits server, by its invoice key.
///
/// LNbits tells preimages to whoever asks for a payment by its hash, with no key at all: those of paid invoices, and some
/// versions those of open ones. So a preimage proves nothing there (`preimageExposure`).
///
/// It pays no invoice that leaves its amount open, as those do to which the rest of a session goes: so it pays none.
package final class LNbits: LightningBackend, Plugin {
    package static let word = "lnbits"

    package let capabilities = LightningCapabilities.subscribe
    package let preimageExposure = PreimageExposure.anybody
    private let settings: LNbitsSettings
    private let client: NodeClient
    private let reader: InvoiceReader
    private let time: TimeSource
    private let doorbell = Doorbell()
    private let answers = LNbitsAnswers()

    /// Of a page of payments.
    private static let pageLength = 100
    /// Its own limit, in characters (LNbits, `CreateInvoice`); BOLT 11 has room for as many bytes.
    private static let longestMemo = Bolt11Field.longestBytes

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        self.init(LNbitsSettings(from: &settings), time: services.time)
    }

    package init(_ settings: LNbitsSettings, time: TimeSource = .system) {
        self.settings = settings
        self.time = time
        client = NodeClient(settings.node, name: "LNbits", fields: [("X-Api-Key", settings.key)])
        reader = InvoiceReader(network: settings.node.network)
    }

    /// Connects to nobody yet.
    package func start() async throws {
        client.start()
    }

    package func stop() async {
        await client.stop()
    }

    // MARK: Invoices

    /// In whole satoshis, rounded up: LNbits knows no smaller unit.
    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        guard amount > .zero, amount <= .maximum else {
            throw LightningFailure(.refused, "an invoice asks for more than nothing, and less than all bitcoin")
        }
        let request = LNbitsMessage.InvoiceRequest(
            amount: amount.satoshisRoundedUp,
            memo: memo.prefix(bytes: Self.longestMemo),
            expiry: max(1, expiresIn.secondsRoundedUp)
        )
        let answer = try await client.answer(.POST, Self.payments, .message(request, isSnakeCase: true))
        return try answers.invoice(in: answer, reader)
    }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try await invoiceState(payment) == .settled
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        try answers.state(of: payment, in: try await client.answer(.GET, "\(Self.payments)/\(payment)"))
    }

    package func read(_ bolt11: String) throws -> PayableInvoice { try reader.read(bolt11) }

    private static let payments = "/api/v1/payments"
    private static let wallet = "/api/v1/wallet"

    // MARK: Settlements

    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        follower.settlements(since: cursor)
    }

    package func settlementsEnd() async throws -> SettlementCursor { try await follower.settlementsEnd() }

    /// By the last change of each payment: LNbits can list by that, though not from a time on. Who labels a payment by hand
    /// has it told once more.
    private var follower: ArrivalFollower {
        ArrivalFollower(
            clock: .microseconds,
            time: time,
            pageLength: Self.pageLength,
            page: { [client, answers] _, offset in
                let query =
                    "sortby=updated_at&direction=desc&status=success&\(NodeBody.encoded("amount[gt]"))=0"
                    + "&limit=\(Self.pageLength)&offset=\(offset)"
                return try answers.arrived(in: try await client.answer(.GET, "\(Self.payments)?\(query)"))
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
        throw LightningFailure(.refused, "LNbits pays no invoice that leaves its amount open, and so none")
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState { .unpaid }

    // MARK: Findings

    /// About the wallet: for a payment LNbits would answer a wrong key, too.
    package func probe() async throws {
        _ = try answers.maySpend(in: try await client.answer(.GET, Self.wallet))
    }

    /// Asks as a stranger for the wallet's newest payments, and with the key whether it may spend.
    package func findings() async -> [String] {
        var findings = [String]()
        if let answer = try? await client.answer(.GET, Self.wallet), (try? answers.maySpend(in: answer)) == true {
            findings.append("'key' of LNbits may spend: use the invoice key")
        }
        if let told = await payment(toldToStrangers: "\(Self.payments)?limit=10") {
            findings.append(
                "LNbits tells preimages to strangers: whoever reaches \(settings.node.address) learned that of \(told) by its"
                    + " hash alone; let nobody but the gateway reach it, and sell with 'verify: node'"
            )
        }
        return findings
    }

    /// One of the listed payments whose preimage is told to everybody.
    private func payment(toldToStrangers list: String) async -> PaymentHash? {
        guard let answer = try? await client.answer(.GET, list), let listed = try? answers.listed(in: answer) else {
            return nil
        }
        for payment in listed.prefix(10) {
            let path = "\(Self.payments)/\(payment)"
            guard let answer = try? await client.answer(.GET, path, anonymously: true) else { return nil }
            if answers.tellsPreimage(in: answer) { return payment }
        }
        return nil
    }
}
