import Foundation
import GatewayKit
import Lightning
import Testing

struct LndRESTWalletTests {
    // MARK: Settings

    @Test(arguments: [
        "", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1/?a=b", "http://a:b@127.0.0.1",
        "http://127.0.0.1/#x",
    ])
    func `what is no address of a wallet is refused`(_ url: String) {
        #expect(throws: StartFailure.self) {
            _ = try LndRESTWallet(url: url, macaroonHex: nil, certificateFile: nil)
        }
    }

    @Test(arguments: ["", "xy", "abc"])
    func `a macaroon that is not hexadecimal is refused`(_ macaroon: String) {
        #expect(throws: StartFailure.self) {
            _ = try LndRESTWallet(url: "https://127.0.0.1", macaroonHex: macaroon, certificateFile: nil)
        }
    }

    @Test func `a macaroon does not leave this machine unencrypted`() {
        #expect(throws: StartFailure("a macaroon goes over http to this machine only; use https for example.com")) {
            _ = try LndRESTWallet(url: "http://example.com", macaroonHex: "00", certificateFile: nil)
        }
    }

    @Test func `a certificate that cannot be read is refused`() {
        #expect(throws: StartFailure.self) {
            _ = try LndRESTWallet(url: "https://127.0.0.1", macaroonHex: nil, certificateFile: "/nowhere/tls.cert")
        }
    }

    @Test func `a certificate is of no use without https`() {
        #expect(throws: StartFailure("a certificate is for an https address, not for 'http://127.0.0.1'")) {
            _ = try LndRESTWallet(url: "http://127.0.0.1", macaroonHex: nil, certificateFile: "tls.cert")
        }
    }

    // MARK: Over the wire

    private func pay(
        _ bolt11: String,
        status: String = "200 OK",
        body: String,
        macaroon: String? = nil
    ) async throws -> (request: String, payment: Result<Payment, any Error>) {
        let server = try #require(OneRequestServer(status: status, body: body))
        async let request = server.serve()
        let wallet = try LndRESTWallet(
            url: "http://127.0.0.1:\(server.port)/",
            macaroonHex: macaroon,
            certificateFile: nil
        )
        let payment: Result<Payment, any Error>
        do {
            payment = .success(try await wallet.pay(bolt11, feeLimit: Amount(millisatoshis: 5_000)))
        } catch {
            payment = .failure(error)
        }
        try await wallet.shutdown()
        return (await request, payment)
    }

    private func paid(_ invoice: Invoice, by node: DevNode) async throws -> (preimage: Preimage, answer: String) {
        let preimage = try await node.pay(invoice.bolt11, feeLimit: .zero).preimage
        let base64 = Data(preimage.bytes.array).base64EncodedString()
        let route = #"{"total_fees_msat":"12","total_amt_msat":"10012"}"#
        return (preimage, #"{"payment_error":"","payment_preimage":"\#(base64)","payment_route":\#(route)}"#)
    }

    @Test func `a payment is asked for as lnd wants it and its preimage is believed when it fits`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        let (preimage, answer) = try await paid(invoice, by: node)
        let (request, payment) = try await pay(invoice.bolt11.uppercased(), body: answer, macaroon: "0201")
        #expect(request.hasPrefix("POST /v1/channels/transactions HTTP/1.1\r\n"))
        #expect(request.contains("\r\nGrpc-Metadata-macaroon: 0201\r\n"))
        #expect(request.contains("\r\nContent-Type: application/json\r\n"))
        let body = #"{"fee_limit":{"fixed_msat":"5000"},"payment_request":"\#(invoice.bolt11)"}"#
        #expect(request.hasSuffix("\r\n\r\n" + body))
        let expected = Payment(preimage: preimage, amount: invoice.amount, fee: Amount(millisatoshis: 12))
        #expect(try payment.get() == expected)
    }

    @Test func `without a macaroon none is sent`() async throws {
        let invoice = try await DevNode.started().invoice()
        let (request, _) = try await pay(invoice.bolt11, body: "{}")
        #expect(!request.lowercased().contains("macaroon"))
    }

    @Test func `an error status says what the wallet said`() async throws {
        let invoice = try await DevNode.started().invoice()
        let (_, payment) = try await pay(
            invoice.bolt11,
            status: "500 Internal Server Error",
            body: #"{"code":2,"message":"permission denied","details":[]}"#
        )
        #expect(throws: LightningFailure(.refused, "the wallet answered 500 Internal Server Error: permission denied"))
        {
            _ = try payment.get()
        }
    }

    @Test func `a wallet that is not there is unavailable`() async throws {
        let invoice = try await DevNode.started().invoice()
        // Port 0 is nobody's.
        let wallet = try LndRESTWallet(url: "http://127.0.0.1:0", macaroonHex: nil, certificateFile: nil)
        let failure = await #expect(throws: LightningFailure.self) {
            _ = try await wallet.pay(invoice.bolt11, feeLimit: .zero)
        }
        #expect(failure?.reason == .unavailable)
        try await wallet.shutdown()
    }

    @Test func `what is no invoice, or names no amount, is never sent`() async throws {
        let wallet = try LndRESTWallet(url: "http://127.0.0.1:0", macaroonHex: nil, certificateFile: nil)
        let key = try #require(NodeKey.random())
        let draft = Bolt11Draft(
            network: .regtest,
            amount: nil,
            timestamp: WallTime(seconds: 1_767_225_600),
            fields: [.paymentHash(PaymentHash(.random())), .paymentSecret(.random())]
        )
        for text in ["lnbc1", try draft.signed(with: key)] {
            let failure = await #expect(throws: LightningFailure.self) {
                _ = try await wallet.pay(text, feeLimit: .zero)
            }
            #expect(failure?.reason == .refused)
        }
        try await wallet.shutdown()
    }

    // MARK: Answers

    private func answered(_ json: String, _ invoice: Invoice) throws -> Payment {
        try LndRESTWallet.payment(
            of: Bolt11Invoice(decoding: invoice.bolt11),
            for: invoice.amount,
            in: Array(json.utf8),
            status: "200 OK"
        )
    }

    @Test func `a preimage of another payment is not believed`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        let (_, answer) = try await paid(node.invoice(), by: node)
        let failure = #expect(throws: LightningFailure.self) { _ = try answered(answer, invoice) }
        #expect(failure?.reason == .malformed)
    }

    @Test func `a payment error is a refusal, without what could disturb a terminal`() async throws {
        let invoice = try await DevNode.started().invoice()
        #expect(throws: LightningFailure(.refused, "the wallet could not pay: no[31m route")) {
            _ = try answered(#"{"payment_error":"no\u001b[31m\n route","payment_preimage":""}"#, invoice)
        }
    }

    @Test(arguments: [
        #"{"payment_error":"payment is in transition","payment_preimage":""}"#,
        #"{"payment_error":"router shutting down","payment_preimage":""}"#,
        #"{"code":6,"message":"payment already exists","details":[]}"#,
        #"{"code":4,"message":"too slow","details":[]}"#, #"{"code":13,"message":"internal","details":[]}"#,
        #"{"message":"Gateway Timeout"}"#,
    ])
    func `what may have been paid is no refusal`(json: String) async throws {
        let invoice = try await DevNode.started().invoice()
        let failure = #expect(throws: LightningFailure.self) { _ = try answered(json, invoice) }
        #expect(failure?.reason == .unavailable)
    }

    @Test(arguments: [
        #"{"payment_error":"invoice is already paid","payment_preimage":""}"#,
        #"{"code":2,"message":"invoice expired","details":[]}"#,
    ])
    func `what was not paid by this is a refusal`(json: String) async throws {
        let invoice = try await DevNode.started().invoice()
        let failure = #expect(throws: LightningFailure.self) { _ = try answered(json, invoice) }
        #expect(failure?.reason == .refused)
    }

    @Test func `no part of an answer is a payment, and none traps`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        let (_, answer) = try await paid(invoice, by: node)
        for count in 0..<answer.utf8.count {
            #expect(throws: LightningFailure.self) { _ = try answered(String(answer.prefix(count)), invoice) }
        }
        let bolt11 = try Bolt11Invoice(decoding: invoice.bolt11)
        for index in answer.utf8.indices {
            var bytes = Array(answer.utf8)
            bytes[answer.utf8.distance(from: answer.utf8.startIndex, to: index)] ^= 1
            let payment = try? LndRESTWallet.payment(of: bolt11, for: invoice.amount, in: bytes, status: "200 OK")
            #expect(payment.map { sha256($0.preimage.bytes) == invoice.paymentHash.bytes } != false)
        }
    }
}
