import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import MPP
import NIOCore
import Testing

/// What the scheme says without a server around it.
struct SchemeTests {
    /// Removed with its last reference.
    private final class Folder: Sendable {
        let path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private let folder = Folder()
    private let time = ManualTime()

    private func scheme(_ settings: Any? = nil) throws -> MPPScheme {
        let services = Services.example(time: time.source, dataFolder: folder.path)
        let example = ExampleSettings(settings)
        let scheme = example.make(word: "mpp") { MPPScheme(from: &$0, services) }
        #expect(example.messages == [])
        return try #require(scheme)
    }

    private func request(_ scheme: String, fields: [(String, String)] = []) -> RequestHead {
        let example = RequestHead.example(fields: fields)
        return RequestHead(
            method: .get,
            version: .http1_1,
            scheme: scheme,
            authorityBytes: ByteBuffer(string: "api.example.com:8443"),
            pathBytes: example.pathBytes,
            queryBytes: example.queryBytes,
            fields: example.fields,
            body: .none
        )
    }

    private func offer(
        _ scheme: MPPScheme,
        to client: Client,
        over request: RequestHead,
        invoiceEnds: Duration = .seconds(600)
    ) throws -> Challenge? {
        let invoice = Invoice(
            bolt11: "lnbc100n1example",
            paymentHash: PaymentHash(.zero),
            amount: Amount(millisatoshis: 10_000),
            expiresAt: time.now.advanced(by: invoiceEnds)
        )
        let quote = Quote(amount: invoice.amount, expiresIn: .seconds(600)) { _ in .now(invoice) }
        return try scheme.challenge(for: quote, in: .example(request, client: client)).immediate
    }

    private static let remote = Client(address: IPAddress("192.0.2.1"))
    private static let proxied = Client(address: IPAddress("192.0.2.1"), isBehindTrustedProxy: true)

    @Test func `no offer is made over plain HTTP to another machine, and the reason is told`() throws {
        let challenge = try #require(try offer(try scheme(), to: Self.remote, over: request("http")))
        #expect(challenge.lines.isEmpty)
        #expect(challenge.refusal?.status.code == 403)
    }

    @Test(arguments: ["127.0.0.1", "::1", nil]) func `one is made on this machine`(address: String?) throws {
        let client = Client(address: address.flatMap { IPAddress($0) })
        #expect(try offer(try scheme(), to: client, over: request("http"))?.lines.count == 1)
    }

    @Test func `one is made over TLS, and where the policy does not mind`() throws {
        #expect(try offer(try scheme(), to: Self.remote, over: request("https"))?.lines.count == 1)
        let insecure = try scheme(["insecure": "true"])
        #expect(try offer(insecure, to: Self.remote, over: request("http"))?.lines.count == 1)
    }

    @Test(arguments: [
        ([], 1), (["https"], 1), (["HTTP"], 0), (["https, http"], 0), (["http", "https"], 1), (["https", "http"], 0),
    ])
    func `behind a trusted proxy its word counts`(protocols: [String], lines: Int) throws {
        let scheme = try scheme()
        let request = request("http", fields: protocols.map { ("X-Forwarded-Proto", $0) })
        #expect(try offer(scheme, to: Self.proxied, over: request)?.lines.count == lines)
        // Nobody else's does.
        #expect(try offer(scheme, to: Self.remote, over: request)?.lines.isEmpty == true)
    }

    @Test func `the realm is the host without its port, or what the policy says`() throws {
        for (settings, realm) in [([:], "api.example.com"), (["realm": "shop"], "shop")] {
            let made = try offer(try scheme(settings), to: Self.remote, over: request("https"))
            #expect(try ChallengeLine.challenge(try #require(made?.lines.first)).realm == realm)
        }
    }

    @Test(arguments: [(600, 595), (300, 295), (60, 60), (30, 30), (900, 595)])
    func `an offer ends with its invoice at the latest`(invoice: Int, offer seconds: Int) throws {
        let made = try offer(try scheme(), to: Self.remote, over: request("https"), invoiceEnds: .seconds(invoice))
        let challenge = try ChallengeLine.challenge(try #require(made?.lines.first))
        #expect(challenge.expires == Timestamp.text(of: time.now.advanced(by: .seconds(seconds))))
        #expect(made?.members == [.init("challengeId", challenge.id)])
    }

    @Test func `an invoice that has ended already is not offered`() throws {
        let scheme = try scheme()
        #expect(throws: LightningFailure.self) {
            _ = try offer(scheme, to: Self.remote, over: request("https"), invoiceEnds: .zero)
        }
    }

    /// Which of these fields are kept from the upstream of a route that asks for nothing.
    private func removed(_ fields: [(String, String)]) -> [Bool] {
        let exchange = Exchange.example(.example(fields: fields))
        MPPScheme.conceal(in: exchange)
        #expect(!exchange.edits.isRemoved(line: 0))
        return fields.indices.map { exchange.edits.isRemoved(line: $0 + 1) }
    }

    @Test(arguments: ["Payment e30", "pAyMeNt x", "Payment", "Bearer x, Payment y", "Payment:x"])
    func `a credential is concealed, whether it can be read or not`(value: String) {
        #expect(removed([("Authorization", value), ("X-Kept", value)]) == [true, false])
    }

    @Test(arguments: ["Bearer Payment", "Digest realm=\"a, Payment b\"", "PaymentX y", "", "L402 a:b", "Basic YTpi"])
    func `another scheme's line is left alone`(value: String) {
        #expect(removed([("Authorization", value)]) == [false])
    }

    @Test func `the fields between client and gateway are concealed`() {
        let names = ["Payment-Authorization", "accept-payment", "PAYMENT-RECEIPT", "Idempotency-Key"]
        #expect(removed(names.map { ($0, "x") }) == [true, true, true, false])
    }
}
