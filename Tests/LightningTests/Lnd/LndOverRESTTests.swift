import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting
import NIOCore
import Testing

/// What is made of lnd's JSON: a node that gives one answer to every question.
@Suite(.timeLimit(.minutes(1)))
struct LndOverRESTTests {
    private static let payment = PaymentHash(.zero)
    private static let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    private func asked<Result: Sendable>(
        _ answer: String,
        status: String = "200 OK",
        _ question: (LndOverREST) async throws -> Result
    ) async throws -> (result: Swift.Result<Result, any Error>, request: String?) {
        try await LndRESTServer.with(answer: LndRESTServer.answer(status, answer)) { server in
            let settings = ExampleSettings([
                "address": "http://127.0.0.1:\(server.port)", "macaroon": FakeLnd.macaroon, "network": "regtest",
            ])
            let made = settings.make(word: "lnd-rest") { try LndOverREST(from: &$0, .example()) }
            let lnd = try #require(made)
            try await lnd.start()
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await question(lnd))
            } catch {
                result = .failure(error)
            }
            await lnd.stop()
            return (result, server.requests.first)
        }
    }

    private static func invoice(_ state: String, paid: Int = 1_000) -> String {
        """
        {"memo":"tea","r_hash":"\(hash)","value_msat":"1000","amt_paid_msat":"\(paid)","state":"\(state)",\
        "settle_index":"7","settle_date":"1700000000","is_keysend":false,"htlcs":[]}
        """
    }

    private static let states: [(String, InvoiceState)] = [
        ("OPEN", .open), ("ACCEPTED", .held), ("SETTLED", .settled), ("CANCELED", .ended),
    ]

    @Test(arguments: states)
    func `the state of an invoice is read`(_ text: String, _ state: InvoiceState) async throws {
        let (result, request) = try await asked(Self.invoice(text)) { try await $0.invoiceState(Self.payment) }
        #expect(try result.get() == state)
        #expect(request?.hasPrefix("GET /v1/invoice/\(Self.payment) HTTP/1.1\r\n") == true)
        #expect(request?.lowercased().contains("grpc-metadata-macaroon: \(FakeLnd.macaroon)") == true)
    }

    @Test func `an invoice that lnd does not know is open`() async throws {
        let answer = #"{"code":5,"message":"unable to locate invoice","details":[]}"#
        let (result, _) = try await asked(answer, status: "404 Not Found") {
            try await $0.invoiceState(Self.payment)
        }
        #expect(try result.get() == .open)
    }

    @Test func `no prefix of an answer is taken for one`() async throws {
        let whole = Self.invoice("SETTLED")
        for count in stride(from: 0, to: whole.utf8.count, by: 7) {
            let (result, _) = try await asked(String(whole.prefix(count))) { try await $0.isSettled(Self.payment) }
            #expect(throws: LightningFailure.self) { try result.get() }
        }
    }

    @Test func `settlements are read line by line, and each is told once`() async throws {
        let lines = [Self.invoice("OPEN"), Self.invoice("SETTLED"), Self.invoice("SETTLED")]
        let answer = lines.map { "{\"result\":\($0)}\n" }.joined()
        let (result, request) = try await asked(answer) { lnd in
            try await Lnd.next(1, of: lnd.settlements(since: SettlementCursor(position: 6)))
        }
        let settlements = try result.get()
        #expect(settlements.map(\.payment) == [Self.payment])
        #expect(settlements.map(\.amount) == [Amount(millisatoshis: 1_000)])
        #expect(settlements.map(\.cursor) == [SettlementCursor(position: 7)])
        #expect(settlements.map(\.settledAt) == [WallTime(seconds: 1_700_000_000)])
        #expect(request?.hasPrefix("GET /v1/invoices/subscribe?add_index=0&settle_index=6 HTTP/1.1\r\n") == true)
    }

    @Test func `an error within a stream ends it`() async throws {
        let answer = "{\"error\":{\"code\":7,\"message\":\"permission denied\",\"details\":[]}}\n"
        let (result, _) = try await asked(answer) { lnd in
            try await Lnd.next(1, of: lnd.settlements(since: SettlementCursor(position: 6)))
        }
        let failure = #expect(throws: LightningFailure.self) { try result.get() }
        #expect(failure?.reason == .refused)
    }

    @Test func `a payment that never began is unpaid`() async throws {
        let answer = #"{"error":{"code":5,"message":"payment isn't initiated","details":[]}}"#
        let (result, _) = try await asked(answer, status: "404 Not Found") { try await $0.payment(Self.payment) }
        #expect(try result.get() == .unpaid)
    }
}
