import GatewayKit
import GatewayTesting
import Lightning
import NIOConcurrencyHelpers
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CoreLightningTests {
    private let amount = Amount(millisatoshis: 10_500)

    @Test func `an invoice is asked for with a label of its own, to the millisatoshi`() async throws {
        try await FakeCoreLightning().serve { backend, server in
            for _ in 0..<2 {
                let made = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .milliseconds(59_001))
                #expect(made.amount == amount)
            }
            let asked = server.requests.map(\.json)
            #expect(asked.map { $0["expiry"] as? Int } == [60, 60])
            #expect(asked.map { $0["description"] as? String } == ["tea", "tea"])
            #expect(Set(asked.compactMap { $0["label"] as? String }).count == 2)
        }
    }

    @Test func `a memo that is too long is cut at a character`() async throws {
        try await FakeCoreLightning().serve { backend, server in
            let memo = String(repeating: "ä", count: 500)
            _ = try await backend.makeInvoice(for: amount, memo: memo, expiresIn: .seconds(60))
            #expect(server.requests.first?.json["description"] as? String == String(repeating: "ä", count: 319))
        }
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 9, 100])
    func `the last of any number of payments is found`(_ count: Int) async throws {
        let node = try FakeCoreLightning()
        for _ in 0..<count {
            try node.books.pay(try node.books.make(amount, memo: "tea", seconds: 60).invoice.paymentHash)
        }
        try await node.serve { backend, server in
            let end = try await backend.settlementsEnd()
            #expect(end == SettlementCursor(position: UInt64(count)))
            #expect(server.requests.count <= 20)
        }
    }

    @Test func `the last of a million payments is found by forty questions`() async throws {
        let node = try FakeCoreLightning()
        node.faults.react = { request in
            let index = request.json["lastpay_index"] as? UInt64 ?? 0
            guard index < 1_000_000 else { return .answer(500, #"{"code":904,"message":"timeout"}"#) }
            return .answer(
                201,
                """
                {"status":"paid","payment_hash":"\(Bytes32.zero.hex)","pay_index":\(index + 1),"amount_received_msat":1,\
                "paid_at":1}
                """
            )
        }
        try await node.serve { backend, server in
            let end = try await backend.settlementsEnd()
            #expect(end == SettlementCursor(position: 1_000_000))
            #expect(server.requests.count <= 44)
        }
    }

    @Test func `a node that counts backwards is not followed`() async throws {
        let node = try FakeCoreLightning()
        node.faults.rewrite = { $1.replacing(/"pay_index":\d+/, with: #""pay_index":1"#) }
        try await node.serve { backend, _ in
            for _ in 0..<2 {
                try node.books.pay(
                    try await backend.makeInvoice(for: amount, memo: "", expiresIn: .seconds(60)).paymentHash
                )
            }
            let failure = await #expect(throws: LightningFailure.self) {
                for try await _ in backend.settlements(since: SettlementCursor(position: 0)) {}
            }
            #expect(failure?.reason == .malformed)
        }
    }

    // MARK: Nodes that are made anew

    /// What a stream behind the payment of a number tells first, or why it ends.
    private func next(
        behind position: UInt64,
        of payment: PaymentHash,
        _ backend: any LightningBackend
    ) async throws -> Settlement? {
        var settlements = backend.settlements(behind: SettlementCursor(position: position), of: payment)
            .makeAsyncIterator()
        return try await settlements.next()
    }

    private func paid(_ node: FakeCoreLightning) throws -> PaymentHash {
        let payment = try node.books.make(amount, memo: "tea", seconds: 60).invoice.paymentHash
        try node.books.pay(payment)
        return payment
    }

    @Test(arguments: [0, 1, 3])
    func `a node that counts from the start again is not waited for`(_ count: Int) async throws {
        let node = try FakeCoreLightning()
        for _ in 0..<count { _ = try paid(node) }
        try await node.serve { backend, _ in
            _ = await #expect(throws: SettlementsBeganAnew.self) {
                _ = try await next(behind: 2, of: PaymentHash(.random()), backend)
            }
        }
    }

    @Test func `a node that knows what it told of last is followed behind it`() async throws {
        let node = try FakeCoreLightning()
        let payments = [try paid(node), try paid(node)]
        try await node.serve { backend, _ in
            let settlement = try await next(behind: 1, of: payments[0], backend)
            #expect(settlement?.payment == payments[1])
        }
    }

    @Test func `a node that has forgotten all that is old is the same one`() async throws {
        let node = try FakeCoreLightning()
        let later = PaymentHash(.random())
        node.faults.react = { request in
            guard request.path == "/v1/waitanyinvoice" else { return .answer(201, #"{"invoices":[]}"#) }
            return .answer(
                201,
                #"{"status":"paid","payment_hash":"\#(later)","pay_index":9,"amount_received_msat":1,"paid_at":1}"#
            )
        }
        try await node.serve { backend, _ in
            let settlement = try await next(behind: 7, of: PaymentHash(.random()), backend)
            #expect(settlement?.payment == later)
        }
    }

    @Test func `where nothing arrives, a number that nobody was told of is looked for, too`() async throws {
        let node = try FakeCoreLightning()
        _ = try paid(node)
        node.faults.react = { request in
            // What it would hold open ends at once.
            guard request.path == "/v1/waitanyinvoice", request.json["timeout"] as? Int != 0 else { return nil }
            return .answer(500, #"{"code":904,"message":"The given timeout was reached"}"#)
        }
        try await node.serve { backend, _ in
            _ = await #expect(throws: SettlementsBeganAnew.self) {
                for try await _ in backend.settlements(since: SettlementCursor(position: 5)) {}
            }
        }
    }

    @Test func `a payment that xpay has given up, and whose parts are on their way, may have been made`() async throws {
        let node = try FakeCoreLightning()
        let bolt11 = try node.others.make(amount, memo: "refund", seconds: 600).invoice.bolt11
        let payment = try Bolt11Invoice(decoding: bolt11).paymentHash
        let hasTried = NIOLockedValueBox(false)
        node.faults.react = { request in
            switch request.path {
            case "/v1/xpay":
                hasTried.withLockedValue { $0 = true }
                return .answer(500, #"{"code":209,"message":"Timed out"}"#)
            case "/v1/listpays" where hasTried.withLockedValue({ $0 }):
                return .answer(201, #"{"pays":[{"payment_hash":"\#(payment)","status":"pending"}]}"#)
            default: return nil
            }
        }
        try await node.serve { backend, _ in
            let failure = await #expect(throws: LightningFailure.self) {
                _ = try await backend.pay(bolt11, feeLimit: amount)
            }
            #expect(failure == LightningFailure(.unavailable, "Core Lightning answered: Timed out"))
        }
    }

    // MARK: Findings

    private func findings(_ restrictions: String) async throws -> [String] {
        let settings = NodeSettings(address: try #require(NodeAddress(parsing: "http://127.0.0.1:1")))
        let rune = Base64.url.encoded([UInt8](repeating: 7, count: 32) + Array(restrictions.utf8))
        return await CoreLightning(settings, rune: Secret(rune)).findings()
    }

    @Test func `a rune for what is asked is no finding`() async throws {
        let methods = ["invoice", "listinvoices", "waitanyinvoice", "xpay", "listpays"]
        let told = try await findings("=0&" + methods.map { "method=\($0)" }.joined(separator: "|"))
        #expect(told == [])
    }

    @Test func `a rune that may withdraw is told`() async throws {
        let told = try await findings("=0")
        #expect(told.count == 1)
        #expect(
            told.first?.hasPrefix("the rune allows more than is needed, withdraw, createrune, close among it") == true
        )
    }

    @Test func `a rune that lacks a call is told`() async throws {
        let told = try await findings("=0&method=invoice")
        #expect(told == ["the rune does not allow listinvoices, waitanyinvoice, which the gateway asks"])
    }
}
