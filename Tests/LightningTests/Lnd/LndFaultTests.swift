import GRPCCore
import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting
import Testing

/// A node that lies, is slow, says no, or is somebody else.
@Suite(.timeLimit(.minutes(1)))
struct LndFaultTests {
    // MARK: Invoices

    private static let lies: [(FakeLndFaults.Lie, InvoiceFault)] = [
        (.amount, .amount), (.hash, .hash), (.expiry, .expiry), (.repetition, .repeated),
    ]

    @Test(arguments: lies)
    func `a wrong invoice reaches nobody and is counted`(_ lie: FakeLndFaults.Lie, _ fault: InvoiceFault) async throws {
        try await Lnd.with { fake, lnd in
            let check = InvoiceCheck()
            _ = try await invoice(of: lnd, check)
            fake.faults.lie = lie
            let failure = await #expect(throws: LightningFailure.self) { _ = try await invoice(of: lnd, check) }
            #expect(failure?.reason == .malformed)
            let found = check.faults.filter { $0.count > 0 }.map { $0.fault }
            #expect(found == [fault])
            fake.faults.lie = nil
            _ = try await invoice(of: lnd, check)
        }
    }

    /// These are found before the check sees an invoice.
    @Test(arguments: [FakeLndFaults.Lie.network, .signature])
    func `an invoice of another network, or that nobody signed, is malformed`(_ lie: FakeLndFaults.Lie) async throws {
        try await Lnd.with { fake, lnd in
            fake.faults.lie = lie
            let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.invoice() }
            #expect(failure?.reason == .malformed)
        }
    }

    @Test func `an answer about another invoice is not believed`() async throws {
        try await Lnd.with { fake, lnd in
            let payment = try await lnd.invoice().paymentHash
            fake.faults.misreads = true
            let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.isSettled(payment) }
            #expect(failure?.reason == .malformed)
        }
    }

    @Test func `an invoice of which a part is paid is not settled`() async throws {
        try await Lnd.with { fake, lnd in
            let payment = try await lnd.invoice().paymentHash
            fake.faults.isGenerous = true
            let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.isSettled(payment) }
            #expect(failure?.reason == .malformed)
        }
    }

    private func invoice(of lnd: Lnd, _ check: InvoiceCheck) async throws -> Invoice {
        try await check.invoice(of: lnd, for: Amount(millisatoshis: 10_000), memo: "tea", expiresIn: .seconds(60))
    }

    // MARK: Answers

    private static let refusals: [(RPCError.Code, String, LightningFailure.Reason)] = [
        (.unknown, "wallet locked, unlock it to enable full RPC access", .unavailable),
        (.unknown, "the RPC server is in the process of starting up, but not yet ready to accept calls", .unavailable),
        (.unknown, "server is still in the process of starting", .unavailable),
        (.unknown, "lnd is not ready for: /lnrpc.Lightning/AddInvoice", .unavailable),
        (.unavailable, "", .unavailable), (.internalError, "internal server error", .unavailable),
        (.resourceExhausted, "", .unavailable),
        (.unknown, "permission denied", .refused), (.unknown, "memo too large: 2000 bytes", .refused),
        (.unimplemented, "unknown service invoicesrpc.Invoices", .refused), (.invalidArgument, "", .refused),
    ]

    @Test(arguments: refusals)
    func `what lnd answers says whether to come again`(
        _ code: RPCError.Code,
        _ message: String,
        _ reason: LightningFailure.Reason
    ) async throws {
        try await Lnd.with { fake, lnd in
            fake.faults.refusal = RPCError(code: code, message: message)
            let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.invoice() }
            #expect(failure?.reason == reason)
        }
    }

    @Test func `a wrong macaroon is refused with the place to look`() async throws {
        let fake = try FakeLnd()
        try await fake.start()
        let lnd = try Lnd(fake.settings(macaroon: "0201"), .example())
        try await lnd.start()
        let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.invoice() }
        #expect(failure?.reason == .refused)
        #expect(failure?.description.hasSuffix("(does its macaroon allow it?)") == true)
        await lnd.stop()
        await fake.stop()
    }

    @Test func `a node that does not answer is given up in time`() async throws {
        try await Lnd.with(timeout: .milliseconds(100)) { fake, lnd in
            fake.faults.isSilent = true
            let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.invoice() }
            #expect(failure?.reason == .unavailable)
        }
    }

    @Test func `a start does not wait for the node, and sales begin when it is there`() async throws {
        let fake = try FakeLnd()
        try await fake.start()
        let settings = fake.settings(timeout: .seconds(1))
        await fake.stop()
        let lnd = try Lnd(settings, .example())
        try await lnd.start()
        let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.invoice() }
        #expect(failure?.reason == .unavailable)
        try await fake.start()
        var made: Invoice?
        while made == nil { made = try? await lnd.invoice() }
        await lnd.stop()
        await fake.stop()
    }

    @Test func `a call that the macaroon does not allow says nothing of a payment that is held`() async throws {
        try await Lnd.with { fake, lnd in
            fake.faults.refusal = RPCError(code: .unknown, message: "permission denied")
            let settling = await #expect(throws: LightningFailure.self) {
                try await lnd.settleInvoice(with: Preimage(.random()))
            }
            #expect(settling?.reason == .malformed)
            let cancelling = await #expect(throws: LightningFailure.self) {
                try await lnd.cancelInvoice(PaymentHash(.random()))
            }
            #expect(cancelling?.reason == .malformed)
        }
    }

    // MARK: Who it is

    private static let identities: [(shown: LndIdentity, pinned: LndIdentity)] = [
        (.other, .node), (.expired, .node), (.expired, .expired),
    ]

    @Test(arguments: identities.indices)
    func `a certificate that is not the node's, or has expired, ends the connection`(_ index: Int) async throws {
        let (shown, pinned) = Self.identities[index]
        let fake = try FakeLnd()
        try await fake.start(as: shown)
        let lnd = try Lnd(fake.settings(certificate: pinned, timeout: .seconds(2)), .example())
        try await lnd.start()
        let failure = await #expect(throws: LightningFailure.self) { _ = try await lnd.invoice() }
        #expect(failure?.reason == .unavailable)
        await lnd.stop()
        await fake.stop()
    }

    @Test func `a certificate that has expired is a finding`() async throws {
        let fake = try FakeLnd()
        let lnd = try Lnd(fake.settings(certificate: .expired), .example())
        let findings = await lnd.findings()
        #expect(findings == ["the certificate of lnd has expired: it should make another tls.cert"])
    }

    // MARK: Payments

    @Test func `a payment that fails is unpaid and may be tried again`() async throws {
        try await Lnd.with { fake, lnd in
            let bolt11 = try fake.foreignInvoice(Amount(millisatoshis: 10_000))
            fake.faults.payments = .fails
            let failure = await #expect(throws: LightningFailure.self) { _ = try await pay(bolt11, lnd) }
            #expect(failure?.reason == .refused)
            let state = try await lnd.payment(lnd.read(bolt11).payment)
            #expect(state == .unpaid)
            fake.faults.payments = .succeeds
            let payment = try await pay(bolt11, lnd)
            #expect(payment.fee == Amount(millisatoshis: 1_000))
        }
    }

    @Test func `a fee beyond the limit is not paid`() async throws {
        try await Lnd.with { fake, lnd in
            let bolt11 = try fake.foreignInvoice(Amount(millisatoshis: 10_000))
            let failure = await #expect(throws: LightningFailure.self) {
                _ = try await lnd.pay(bolt11, amount: nil, feeLimit: .zero, patience: .seconds(1))
            }
            #expect(failure?.reason == .refused)
        }
    }

    @Test func `a payment whose answer was lost is known afterwards`() async throws {
        try await Lnd.with { fake, lnd in
            let bolt11 = try fake.foreignInvoice(Amount(millisatoshis: 10_000))
            fake.faults.payments = .isUntold
            let failure = await #expect(throws: LightningFailure.self) { _ = try await pay(bolt11, lnd) }
            #expect(failure?.reason == .unavailable)
            guard case .paid(let payment) = try await lnd.payment(lnd.read(bolt11).payment) else {
                Issue.record("it should be paid")
                return
            }
            #expect(payment.amount == Amount(millisatoshis: 10_000))
        }
    }

    @Test func `a preimage of another payment is not believed`() async throws {
        try await Lnd.with { fake, lnd in
            let bolt11 = try fake.foreignInvoice(Amount(millisatoshis: 10_000))
            fake.faults.payments = .lies
            let failure = await #expect(throws: LightningFailure.self) { _ = try await pay(bolt11, lnd) }
            #expect(failure?.reason == .malformed)
        }
    }

    private func pay(_ bolt11: String, _ lnd: Lnd) async throws -> Payment {
        try await lnd.pay(bolt11, amount: nil, feeLimit: Amount(millisatoshis: 2_000), patience: .seconds(5))
    }
}
