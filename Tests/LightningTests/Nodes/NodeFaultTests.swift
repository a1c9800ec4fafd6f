import Foundation
import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// What becomes of a node's failures and lies.
@Suite(.timeLimit(.minutes(1)))
struct NodeFaultTests {
    enum Kind: String, CaseIterable {
        case coreLightning, phoenixd, lnbits

        func node(books: FakeBooks? = nil) throws -> any FakeNode {
            switch self {
            case .coreLightning: try FakeCoreLightning(books: books)
            case .phoenixd: try FakePhoenixd(books: books)
            case .lnbits: try FakeLNbits(books: books)
            }
        }
    }

    private let amount = Amount(millisatoshis: 10_000)

    private func invoice(of backend: any LightningBackend) async throws -> Invoice {
        try await InvoiceCheck().invoice(of: backend, for: amount, memo: "tea", expiresIn: .seconds(600))
    }

    /// Why there is no invoice.
    private func failure(
        of kind: Kind,
        _ identity: Identity? = nil,
        trusting authorities: NodeAuthorities? = nil,
        _ prepare: (FakeFaults) -> Void = { _ in }
    ) async throws -> LightningFailure {
        let node = try kind.node()
        prepare(node.faults)
        return try await node.serve(identity, trusting: authorities) { backend, _ in
            let failure = await #expect(throws: LightningFailure.self) { _ = try await invoice(of: backend) }
            return try #require(failure)
        }
    }

    // MARK: Failures

    @Test(arguments: Kind.allCases)
    func `a node that hangs up is unavailable`(_ kind: Kind) async throws {
        let failure = try await failure(of: kind) { $0.react = { _ in .hangUp } }
        #expect(failure.reason == .unavailable)
    }

    @Test(arguments: Kind.allCases)
    func `half of an answer is none`(_ kind: Kind) async throws {
        let failure = try await failure(of: kind) { $0.react = { _ in .half(#"{"payment_hash":"#) } }
        #expect(failure.reason == .unavailable)
    }

    @Test(arguments: Kind.allCases)
    func `an answer that is no message of the node is malformed`(_ kind: Kind) async throws {
        let failure = try await failure(of: kind) { $0.react = { _ in .answer(200, "<html>") } }
        #expect(failure.reason == .malformed)
    }

    @Test(arguments: Kind.allCases)
    func `an error of something before the node is a node that is not there`(_ kind: Kind) async throws {
        let failure = try await failure(of: kind) { $0.react = { _ in .answer(502, "<html>") } }
        #expect(failure.reason == .unavailable)
    }

    @Test(arguments: Kind.allCases)
    func `an answer without an end is cut off`(_ kind: Kind) async throws {
        let failure = try await failure(of: kind) {
            $0.react = { _ in .answer(200, String(repeating: " ", count: 2_000_000)) }
        }
        #expect(failure.reason == .malformed)
    }

    @Test(arguments: Kind.allCases)
    func `a redirection is not followed`(_ kind: Kind) async throws {
        let failure = try await failure(of: kind) { $0.react = { _ in .answer(302, "{}") } }
        #expect([.unavailable, .refused].contains(failure.reason))
    }

    @Test(arguments: Kind.allCases)
    func `a node that does not answer is given up when its caller is`(_ kind: Kind) async throws {
        let node = try kind.node()
        node.faults.react = { _ in .silence }
        try await node.serve { backend, _ in
            let asking = Task { try await backend.isSettled(PaymentHash(.zero)) }
            asking.cancel()
            await #expect(throws: (any Error).self) { _ = try await asking.value }
        }
    }

    @Test func `an answer that stops in the middle is given up in time`() async throws {
        try await FakeHTTP.with(respond: { _ in .stall("{") }) { server in
            let address = try #require(NodeAddress(parsing: "http://127.0.0.1:\(server.port)"))
            var settings = NodeSettings(address: address)
            settings.timeout = .milliseconds(100)
            let backend = CoreLightning(settings, rune: Secret("x"))
            try await backend.start()
            let failure = await #expect(throws: LightningFailure.self) {
                _ = try await backend.isSettled(PaymentHash(.zero))
            }
            #expect(failure?.reason == .unavailable)
            await backend.stop()
        }
    }

    @Test(arguments: Kind.allCases)
    func `nothing is asked before the start`(_ kind: Kind) async throws {
        let backend = try kind.node().backend(at: 1, nil)
        let failure = await #expect(throws: LightningFailure.self) {
            _ = try await backend.isSettled(PaymentHash(.zero))
        }
        #expect(failure?.reason == .unavailable)
    }

    // MARK: Lies

    @Test(arguments: Kind.allCases)
    func `an invoice for another amount reaches nobody`(_ kind: Kind) async throws {
        let other = try FakeBooks().make(Amount(millisatoshis: 9_000), memo: "tea", seconds: 600).invoice
        let failure = try await failure(of: kind) { $0.rewrite = { Self.replacingInvoice(in: $1, with: other) } }
        #expect(failure.reason == .malformed)
        #expect(failure.description.contains("asked for 10 sat"))
    }

    @Test(arguments: Kind.allCases)
    func `an invoice whose hash is not the one that was named reaches nobody`(_ kind: Kind) async throws {
        let other = try FakeBooks().make(amount, memo: "tea", seconds: 600).invoice
        let failure = try await failure(of: kind) {
            $0.rewrite = { Self.replacingInvoice(in: $1, with: other, andHash: false) }
        }
        #expect(failure.reason == .malformed)
    }

    @Test(arguments: Kind.allCases)
    func `an invoice for another network reaches nobody`(_ kind: Kind) async throws {
        let other = try FakeBooks(network: .bitcoin).make(amount, memo: "tea", seconds: 600).invoice
        let failure = try await failure(of: kind) { $0.rewrite = { Self.replacingInvoice(in: $1, with: other) } }
        #expect(failure.reason == .malformed)
    }

    /// In a node's answer, whatever its names are.
    private static func replacingInvoice(in answer: String, with other: Invoice, andHash: Bool = true) -> String {
        var text = answer.replacing(/lnbc[a-z0-9]+/, with: other.bolt11)
        if andHash {
            text = text.replacing(/("payment_?[hH]ash": ?)"[0-9a-f]{64}"/) { "\($0.output.1)\"\(other.paymentHash)\"" }
        }
        return text
    }

    @Test(arguments: Kind.allCases)
    func `a payment that was not asked for settles nothing`(_ kind: Kind) async throws {
        let node = try kind.node()
        try await node.serve { backend, _ in
            let paid = try await invoice(of: backend)
            let open = try await invoice(of: backend)
            try node.books.pay(paid.paymentHash)
            node.faults.rewrite = { $1.replacing("\(open.paymentHash)", with: "\(paid.paymentHash)") }
            let failure = await #expect(throws: LightningFailure.self) {
                // Asked for the open one, it tells of the paid one.
                _ = try await backend.isSettled(open.paymentHash)
            }
            #expect(failure?.reason == .malformed)
        }
    }

    // MARK: Certificates

    @Test(arguments: Kind.allCases)
    func `a certificate that has expired is refused`(_ kind: Kind) async throws {
        let authorities = try #require(NodeAuthorities(pem: Identity.expired.certificate))
        let failure = try await failure(of: kind, .expired, trusting: authorities)
        #expect(failure.reason == .unavailable)
    }

    @Test(arguments: Kind.allCases)
    func `a certificate that another authority signed is refused`(_ kind: Kind) async throws {
        let authorities = try #require(NodeAuthorities(pem: Identity.signedByWallet.certificate))
        let failure = try await failure(of: kind, .wallet, trusting: authorities)
        #expect(failure.reason == .unavailable)
    }

    @Test(arguments: Kind.allCases, [Identity.wallet, .signedByWallet])
    func `a node whose authority is known is asked, whatever name is in its certificate`(
        _ kind: Kind,
        _ identity: Identity
    ) async throws {
        let authorities = try #require(NodeAuthorities(pem: Identity.wallet.certificate))
        let made = try await kind.node().serve(identity, trusting: authorities) { backend, _ in
            try await invoice(of: backend)
        }
        #expect(made.amount == amount)
    }

    // MARK: Restarts

    @Test(arguments: Kind.allCases)
    func `a stream ends with its node, and goes on where it stood when that is back`(_ kind: Kind) async throws {
        let books = try FakeBooks()
        let (port, first, missed) = try await kind.node(books: books).serve { backend, server in
            let first = try await invoice(of: backend)
            let missed = try await invoice(of: backend)
            try books.pay(first.paymentHash)
            var settlements = backend.settlements(since: SettlementCursor(position: 0)).makeAsyncIterator()
            let next = try await settlements.next()
            let settlement = try #require(next)
            #expect(settlement.payment == first.paymentHash)
            return (server.port, settlement, missed)
        }
        try books.pay(missed.paymentHash)
        try await kind.node(books: books).serve(port: port) { backend, _ in
            var settlements = backend.settlements(since: first.cursor).makeAsyncIterator()
            let settlement = try await settlements.next()
            #expect(settlement?.payment == missed.paymentHash)
        }
    }

    @Test(arguments: [Kind.phoenixd, .lnbits])
    func `what arrives at a node whose clock was put back is told, once`(_ kind: Kind) async throws {
        let books = try FakeBooks()
        try await kind.node(books: books).serve { backend, _ in
            var settlements = backend.settlements(since: SettlementCursor(position: 0)).makeAsyncIterator()
            for lead in [Duration.seconds(1_800), .zero, .zero] {
                let payment = try await invoice(of: backend).paymentHash
                try books.pay(payment, lead: lead)
                let told = try await settlements.next()
                #expect(told?.payment == payment)
            }
        }
    }

    @Test(arguments: Kind.allCases)
    func `a stream whose node fails throws, so that its reader begins again`(_ kind: Kind) async throws {
        let node = try kind.node()
        node.faults.react = { _ in .hangUp }
        try await node.serve { backend, _ in
            let stream = backend.settlements(since: SettlementCursor(position: 1))
            await #expect(throws: LightningFailure.self) {
                for try await _ in stream {}
            }
        }
    }
}

extension Identity {
    /// For `expired.invalid`, signed by itself, valid in the year 2020.
    static let expired = Identity(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBkTCCATegAwIBAgIUJuQqfTJVyPlqvbBwnObVwu6R/e4wCgYIKoZIzj0EAwIw
            MDEUMBIGA1UECgwLc2x1aWNlIHRlc3QxGDAWBgNVBAMMD2V4cGlyZWQuaW52YWxp
            ZDAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMDAxFDASBgNVBAoMC3Ns
            dWljZSB0ZXN0MRgwFgYDVQQDDA9leHBpcmVkLmludmFsaWQwWTATBgcqhkjOPQIB
            BggqhkjOPQMBBwNCAARKTmMpDMf1RAZpUzFrOq0Iflw4pT8VBYEXoEZdHYcaRWex
            gtBD2viroD8Wb0/j95TZ+VYeegA5eHuLVjou2PMVoy8wLTAPBgNVHRMBAf8EBTAD
            AQH/MBoGA1UdEQQTMBGCD2V4cGlyZWQuaW52YWxpZDAKBggqhkjOPQQDAgNIADBF
            AiBwqLbwbrWDdt1YphY3zgGpildmqp4pVc9TyucNOTu4fgIhAIX1o0DE1Qr+UXvP
            SXEtuM8ShX+ImpFHms2kr6f+WP0w
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5n6KXpI+J/Rh2eWu
            JNlbbdvXh6x7XYEgvK1pSS3z8nOhRANCAARKTmMpDMf1RAZpUzFrOq0Iflw4pT8V
            BYEXoEZdHYcaRWexgtBD2viroD8Wb0/j95TZ+VYeegA5eHuLVjou2PMV
            -----END PRIVATE KEY-----
            """
    )
}
