import GatewayKit
import GatewayTesting
import Lightning
import Testing

struct NWCBackendTests {
    // MARK: How it asks

    @Test(
        arguments: [
            ("nip44_v2 nip04", "nip44_v2"), ("nip44_v2", "nip44_v2"), ("nip04", "nip04"), (nil, "nip04"),
        ] as [(String?, String)]
    )
    func `the old encryption is for wallets that know nothing else`(_ ciphers: String?, cipher: String) async throws {
        let wallet = try FakeWallet(ciphers: ciphers)
        let tags = try await NWCExample.with(wallet) { backend, relays in
            _ = try await backend.tenSatoshis()
            return relays[0].published.compactMap { $0.tag("encryption") }
        }
        #expect(tags == [cipher])
    }

    @Test func `a wallet that says nothing of itself is asked in the new encryption`() async throws {
        let wallet = try FakeWallet()
        let tags = try await NWCExample.with(wallet, introduces: false) { backend, relays in
            _ = try await backend.tenSatoshis()
            return relays[0].published.compactMap { $0.tag("encryption") }
        }
        #expect(tags == ["nip44_v2"])
    }

    @Test func `a request says to whom it is and when it is over, whatever the wallet's clock says`() async throws {
        let wallet = try FakeWallet()
        let event = try await NWCExample.with(wallet, timeout: .seconds(20)) { backend, relays in
            _ = try await backend.tenSatoshis()
            return try #require(relays[0].published.first)
        }
        #expect(event.kind == 23_194)
        #expect(event.tag("p") == wallet.key.publicKey.description)
        let end = try #require(event.tag("expiration").flatMap { Int64($0) })
        #expect((79...82).contains(end - event.createdAt.seconds))
    }

    @Test func `a payment is over exactly when it was said to be`() async throws {
        let wallet = try FakeWallet()
        let amount = Amount(millisatoshis: 10_000)
        let bolt11 = try wallet.foreignInvoice(amount)
        let event = try await NWCExample.with(wallet) { backend, relays in
            _ = try await backend.pay(bolt11, amount: nil, feeLimit: amount, patience: .seconds(20))
            return try #require(relays[0].published.last)
        }
        #expect(wallet.asked.last == "pay_invoice")
        let end = try #require(event.tag("expiration").flatMap { Int64($0) })
        #expect((19...22).contains(end - event.createdAt.seconds))
    }

    @Test(arguments: [false, true])
    func `a relay that asks who it is, is told`(late: Bool) async throws {
        let wallet = try FakeWallet()
        let relay = try await wallet.addRelay()
        relay.behaviour.asksWho = true
        relay.behaviour.asksLate = late
        let invoice = try await NWCExample.with(wallet, relays: 0) { backend, _ in try await backend.tenSatoshis() }
        #expect(invoice.amount == Amount(millisatoshis: 10_000))
        try await relay.stop()
    }

    @Test func `an amount is asked for in whole satoshis`() async throws {
        let wallet = try FakeWallet()
        let invoice = try await NWCExample.with(wallet) { backend, _ in
            try await backend.makeInvoice(for: Amount(millisatoshis: 1_001), memo: "", expiresIn: .seconds(60))
        }
        #expect(invoice.amount == Amount(millisatoshis: 2_000))
    }

    @Test func `an invoice expires within a day`() async throws {
        let wallet = try FakeWallet()
        let invoice = try await NWCExample.with(wallet) { backend, _ in
            try await backend.makeInvoice(
                for: Amount(millisatoshis: 1_000),
                memo: "",
                expiresIn: .seconds(30 * 86_400)
            )
        }
        #expect(invoice.expiresAt <= TimeSource.system.now().advanced(by: .seconds(86_400)))
    }

    // MARK: What it can

    @Test func `it can what the wallet's connection permits`() async throws {
        let wallet = try FakeWallet()
        let capabilities = try await NWCExample.with(wallet, introduces: false) { backend, _ in
            wallet.introduce("make_invoice lookup_invoice list_transactions")
            _ = try await backend.tenSatoshis()
            return backend.capabilities
        }
        #expect(capabilities == [.subscribe])
    }

    @Test func `what the connection does not permit is not asked`() async throws {
        let wallet = try FakeWallet()
        let bolt11 = try wallet.foreignInvoice(Amount(millisatoshis: 10_000))
        let failure = try await NWCExample.with(wallet, introduces: false) { backend, _ in
            wallet.introduce("make_invoice lookup_invoice list_transactions")
            _ = try await backend.tenSatoshis()
            return try await backend.failure { _ = try await $0.pay(bolt11, feeLimit: .zero) }
        }
        #expect(failure.reason == .refused)
        #expect(!wallet.asked.contains("pay_invoice"))
    }

    @Test func `rights that are never used, and a relay without TLS, are findings`() async throws {
        let wallet = try FakeWallet()
        let findings = try await NWCExample.with(wallet, introduces: false) { backend, _ in
            wallet.introduce(
                "make_invoice lookup_invoice list_transactions pay_invoice pay_keysend",
                notifications: nil
            )
            _ = try await backend.tenSatoshis()
            return await backend.findings()
        }
        for words in ["without TLS", "may pay", "never asked: pay_keysend", "every two seconds"] {
            #expect(findings.contains { $0.contains(words) }, "\(words)")
        }
        #expect(findings.count == 4)
    }

    @Test func `what a wallet may do is found without a store, and without starting`() async throws {
        let wallet = try FakeWallet()
        let relay = try await wallet.addRelay()
        wallet.introduce("make_invoice lookup_invoice list_transactions sign_message")
        let backend = try NWCBackend(
            try wallet.connection,
            network: .regtest,
            timeout: .seconds(10),
            .example(time: wallet.time)
        )
        let findings = await backend.findings()
        #expect(findings.contains { $0.contains("never asked: sign_message") })
        try await relay.stop()
    }

    // MARK: Lies

    @Test(arguments: [Amount(millisatoshis: 9_000), Amount(millisatoshis: 11_000)])
    func `an invoice for another amount reaches nobody`(_ amount: Amount) async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.amount = amount
        let failure = try await NWCExample.with(wallet) { backend, _ in
            try await backend.failure {
                _ = try await InvoiceCheck().invoice(
                    of: $0,
                    for: Amount(millisatoshis: 10_000),
                    memo: "",
                    expiresIn: .seconds(60)
                )
            }
        }
        #expect(failure.reason == .malformed)
    }

    @Test func `an invoice for another payment than is named reaches nobody`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.namesOther = true
        let failure = try await NWCExample.with(wallet) { backend, _ in
            try await backend.failure {
                _ = try await InvoiceCheck().invoice(
                    of: $0,
                    for: Amount(millisatoshis: 10_000),
                    memo: "",
                    expiresIn: .seconds(60)
                )
            }
        }
        #expect(failure.reason == .malformed)
    }

    @Test func `an invoice for another network is refused`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.network = .testnet
        let failure = try await NWCExample.with(wallet) { backend, _ in
            try await backend.failure { _ = try await $0.tenSatoshis() }
        }
        #expect(failure.reason == .malformed)
    }

    @Test func `a wallet need not name the payment beside its invoice`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.omits = ["payment_hash"]
        try await NWCExample.with(wallet) { backend, _ in
            let invoice = try await backend.tenSatoshis()
            let payment = try backend.read(invoice.bolt11).payment
            #expect(invoice.paymentHash == payment)
        }
    }

    @Test func `what somebody else has signed is no answer`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.signer = NostrKey.example(7)
        let failure = try await NWCExample.with(wallet, timeout: .milliseconds(300)) { backend, relays in
            relays[0].behaviour.filters = false
            return try await backend.failure { _ = try await $0.tenSatoshis() }
        }
        #expect(failure.reason == .unavailable)
    }

    // MARK: Errors

    @Test(
        arguments: [
            ("RATE_LIMITED", LightningFailure.Reason.unavailable), ("INTERNAL", .unavailable), ("RESTRICTED", .refused),
            ("UNAUTHORIZED", .refused),
        ] as [(String, LightningFailure.Reason)]
    )
    func `a wallet's no has a reason`(_ code: String, reason: LightningFailure.Reason) async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.errors = ["make_invoice": code]
        let failure = try await NWCExample.with(wallet) { backend, _ in
            try await backend.failure { _ = try await $0.tenSatoshis() }
        }
        #expect(failure.reason == reason)
        #expect(failure.description.contains(code))
    }

    // MARK: Settings

    @Test func `the settings of a policy make one`() throws {
        let wallet = NostrKey.example(2).publicKey
        let secret = Bytes32.random().hex
        let settings = ExampleSettings([
            "connection": "nostr+walletconnect://\(wallet)?relay=wss://relay.example.com&secret=\(secret)",
            "timeout": "5s", "network": "signet",
        ])
        let backend = settings.make { try NWCBackend(from: &$0, .example()) }
        #expect(settings.messages.isEmpty)
        #expect(backend != nil)
    }

    @Test func `a connection that is none is told, and its secret is not`() throws {
        let secret = Bytes32.random().hex
        let settings = ExampleSettings(["connection": "nostr+walletconnect://x?secret=\(secret)"])
        _ = settings.make { try NWCBackend(from: &$0, .example()) }
        #expect(
            settings.messages == [
                "'connection' should be what a wallet gives, whole: a connection names the wallet's key in 64 hexadecimal"
                    + " digits"
            ]
        )
    }
}
