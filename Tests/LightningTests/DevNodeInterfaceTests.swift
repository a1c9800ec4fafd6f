import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Lightning
import Testing

struct DevNodeInterfaceTests {
    private let time = ManualTime()

    private typealias Answer = DevNodeAnswer

    private func ask(
        _ node: DevNode,
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil
    ) async throws -> Answer {
        try await node.answer(method, path, body)
    }

    private func expectError(_ answer: Answer, _ status: Int, code: Int, _ message: String? = nil) {
        #expect(answer.status == status)
        #expect(answer.json["code"] as? Int == code)
        #expect((answer.json["details"] as? [Any])?.isEmpty == true)
        if let message {
            #expect(answer["message"] == message)
        }
    }

    private func hex(_ base64: String?) -> String? {
        base64.flatMap { Data(base64Encoded: $0) }.map { Hex.encoded($0) }
    }

    @Test func `getinfo names the node and regtest`() async throws {
        let node = try await DevNode.started()
        let answer = try await ask(node, .get, "/v1/getinfo")
        #expect(answer.status == 200)
        #expect(try answer["identity_pubkey"] == node.id.description)
        #expect(answer.json["synced_to_chain"] as? Bool == true)
        #expect(answer.json["block_height"] as? Int == 1)
        #expect((answer.json["chains"] as? [[String: String]]) == [["chain": "bitcoin", "network": "regtest"]])
        #expect(answer["alias"] != nil)
        #expect(answer["version"] != nil)
    }

    @Test(
        arguments: [
            (#"{"value":10}"#, 10_000), (#"{"value":"10","memo":"x"}"#, 10_000), (#"{"value_msat":"1500"}"#, 1_500),
            (#"{"value_msat":1500,"value":0}"#, 1_500), (#"{"value":"7","unknown":[1]}"#, 7_000),
        ] as [(String, UInt64)]
    )
    func `an invoice is made from a number or a string`(_ body: String, millisatoshis: UInt64) async throws {
        let node = try await DevNode.started()
        let answer = try await ask(node, .post, "/v1/invoices", body)
        #expect(answer.status == 200)
        let invoice = try Bolt11Invoice(decoding: #require(answer["payment_request"]))
        #expect(invoice.amount == Amount(millisatoshis: millisatoshis))
        #expect(invoice.expiry == .seconds(86_400))
        #expect(hex(answer["r_hash"]) == invoice.paymentHash.description)
        #expect(hex(answer["payment_addr"]) == invoice.paymentSecret.hex)
        #expect(answer["add_index"] == "1")
    }

    @Test(arguments: [
        "", "{", "[]", #"{"value":-1}"#, #"{"value":"x"}"#, #"{"value":1.5}"#,
        #"{"value":1,"value_msat":1}"#, #"{"value":18446744073709551615}"#, #"{"value":"99999999999999999999"}"#,
        #"{"value_msat":18446744073709551615}"#, #"{"value":1,"expiry":18446744073709551615}"#,
        #"{"value":1,"expiry":"-5"}"#, #"{"value":1,"memo":5}"#,
    ])
    func `an invoice that cannot be is refused in lnd's form`(_ body: String) async throws {
        let node = try await DevNode.started()
        expectError(try await ask(node, .post, "/v1/invoices", body), 400, code: 3)
    }

    @Test(arguments: ["{}", #"{"value":0}"#]) func `an invoice may leave the amount to its payer`(_ body: String)
        async throws
    {
        let node = try await DevNode.started()
        let answer = try await ask(node, .post, "/v1/invoices", body)
        let text = try #require(answer["payment_request"])
        let invoice = try Bolt11Invoice(decoding: text)
        #expect(invoice.amount == nil)
        let refused = try await ask(node, .post, "/v1/channels/transactions", #"{"payment_request":"\#(text)"}"#)
        #expect(refused["payment_error"] != "")
        let paying = #"{"payment_request":"\#(text)","amt":7}"#
        #expect(try await ask(node, .post, "/v1/channels/transactions", paying)["payment_error"] == "")
        let state = try await node.payment(invoice.paymentHash)
        guard case .paid(let payment) = state else {
            Issue.record("\(state)")
            return
        }
        #expect(payment.amount == .satoshis(7))
        #expect(sha256(payment.preimage.bytes) == invoice.paymentHash.bytes)
    }

    @Test func `an open invoice shows everything but its preimage`() async throws {
        let node = try await DevNode.started(time: time.source)
        let invoice = try await node.invoice(10, memo: "tea")
        let answer = try await ask(node, .get, "/v1/invoice/\(invoice.paymentHash)")
        #expect(answer["state"] == "OPEN")
        #expect(answer.json["settled"] as? Bool == false)
        #expect(answer["r_preimage"] == "")
        #expect(hex(answer["r_hash"]) == invoice.paymentHash.description)
        #expect(answer["value"] == "10")
        #expect(answer["value_msat"] == "10000")
        #expect(answer["amt_paid_msat"] == "0")
        #expect(answer["memo"] == "tea")
        #expect(answer["creation_date"] == "\(time.now.seconds)")
        #expect(answer["settle_date"] == "0")
        #expect(answer["expiry"] == "60")
        #expect(answer["payment_request"] == invoice.bolt11)
    }

    @Test func `a paid invoice shows its preimage`() async throws {
        let node = try await DevNode.started(time: time.source)
        let invoice = try await node.invoice()
        let payment = try await node.pay(invoice.bolt11, feeLimit: .zero)
        let answer = try await ask(node, .get, "/v1/invoice/\(invoice.paymentHash.description.uppercased())")
        #expect(answer["state"] == "SETTLED")
        #expect(answer.json["settled"] as? Bool == true)
        #expect(answer["amt_paid_msat"] == "10000")
        #expect(hex(answer["r_preimage"]) == payment.preimage.bytes.hex)
        #expect(answer["settle_date"] == "\(time.now.seconds)")
        #expect(answer["settle_index"] == "1")
    }

    @Test func `an expired invoice is canceled`() async throws {
        let node = try await DevNode.started(time: time.source)
        let invoice = try await node.invoice()
        time.advance(by: .seconds(60))
        #expect(try await ask(node, .get, "/v1/invoice/\(invoice.paymentHash)")["state"] == "CANCELED")
    }

    @Test func `an unknown invoice is not found`() async throws {
        let node = try await DevNode.started()
        let answer = try await ask(node, .get, "/v1/invoice/\(Bytes32.random().hex)")
        expectError(answer, 404, code: 5, "unable to locate invoice")
        expectError(try await ask(node, .get, "/v1/invoice/abc"), 400, code: 3)
    }

    @Test func `an invoice is decoded`() async throws {
        let node = try await DevNode.started(time: time.source)
        let invoice = try await node.invoice(10, memo: "tea")
        let answer = try await ask(node, .get, "/v1/payreq/\(invoice.bolt11)")
        let decoded = try Bolt11Invoice(decoding: invoice.bolt11)
        #expect(try answer["destination"] == node.id.description)
        #expect(answer["payment_hash"] == invoice.paymentHash.description)
        #expect(answer["num_satoshis"] == "10")
        #expect(answer["num_msat"] == "10000")
        #expect(answer["timestamp"] == "\(time.now.seconds)")
        #expect(answer["expiry"] == "60")
        #expect(answer["description"] == "tea")
        #expect(answer["cltv_expiry"] == "18")
        #expect(hex(answer["payment_addr"]) == decoded.paymentSecret.hex)
        expectError(try await ask(node, .get, "/v1/payreq/lnbcrt1abc"), 400, code: 3)
    }

    @Test func `a payment answers with the preimage`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        let body = #"{"payment_request":"\#(invoice.bolt11)","fee_limit":{"fixed_msat":"1000"}}"#
        let answer = try await ask(node, .post, "/v1/channels/transactions", body)
        #expect(answer.status == 200)
        #expect(answer["payment_error"] == "")
        #expect(hex(answer["payment_hash"]) == invoice.paymentHash.description)
        let preimage = try #require(hex(answer["payment_preimage"]).flatMap { Bytes32(hex: $0) })
        #expect(sha256(preimage) == invoice.paymentHash.bytes)
        let route = try #require(answer.json["payment_route"] as? [String: Any])
        #expect(route["total_amt_msat"] as? String == "10000")
        #expect(route["total_fees_msat"] as? String == "0")
    }

    @Test func `a payment that fails answers 200 with its error`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        _ = try await node.pay(invoice.bolt11, feeLimit: .zero)
        let body = #"{"payment_request":"\#(invoice.bolt11)"}"#
        let answer = try await ask(node, .post, "/v1/channels/transactions", body)
        #expect(answer.status == 200)
        #expect(answer["payment_error"] == "invoice is already paid")
        #expect(answer["payment_preimage"] == "")
    }

    @Test(arguments: ["{}", #"{"payment_request":""}"#, #"{"payment_request":"lnbc1"}"#, #"{"payment_request":7}"#])
    func `what is no invoice cannot be paid`(_ body: String) async throws {
        let node = try await DevNode.started()
        expectError(try await ask(node, .post, "/v1/channels/transactions", body), 400, code: 3)
    }

    @Test(arguments: ["/", "/v1", "/v1/nothing", "/v1/invoice", "/v1/invoice/a/b", "/v2/getinfo"])
    func `a path that lnd has and this node not is not found`(_ path: String) async throws {
        let node = try await DevNode.started()
        expectError(try await ask(node, .get, path), 404, code: 5, "Not Found")
    }

    @Test(arguments: ["/v1/getinfo", "/v1/invoice/00", "/v1/payreq/x", "/dev/behaviour", "/v1/invoices"])
    func `another method is not implemented`(_ path: String) async throws {
        let node = try await DevNode.started()
        expectError(try await ask(node, .delete, path), 501, code: 12, "Method Not Allowed")
    }

    @Test func `a body of more than 64 KiB is refused`() async throws {
        let node = try await DevNode.started()
        await #expect(throws: BodyTooLarge.self) {
            _ = try await ask(node, .post, "/v1/invoices", String(repeating: " ", count: 65_537))
        }
    }

    @Test func `behaviour is changed and shown on the same port`() async throws {
        let node = try await DevNode.started()
        let shown = try await ask(node, .get, "/dev/behaviour")
        #expect(shown["mode"] == "normal")
        let changed = try await ask(node, .post, "/dev/behaviour", #"{"mode":"slow","delay_ms":1500}"#)
        #expect(changed["mode"] == "slow")
        #expect(changed.json["delay_ms"] as? Int == 1_500)
        #expect(node.behaviour == DevBehaviour(.slow, delay: .milliseconds(1_500)))
    }

    @Test func `a node that is down can still be told to come back`() async throws {
        let node = try await DevNode.started()
        _ = try await ask(node, .post, "/dev/behaviour", #"{"mode":"down"}"#)
        expectError(try await ask(node, .get, "/v1/getinfo"), 503, code: 14)
        expectError(try await ask(node, .post, "/v1/invoices", #"{"value":1}"#), 503, code: 14)
        _ = try await ask(node, .post, "/dev/behaviour", #"{"mode":"normal"}"#)
        #expect(try await ask(node, .get, "/v1/getinfo").status == 200)
    }

    @Test func `a payment that never settles says so`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        _ = try await ask(node, .post, "/dev/behaviour", #"{"mode":"never-settling"}"#)
        let body = #"{"payment_request":"\#(invoice.bolt11)"}"#
        let answer = try await ask(node, .post, "/v1/channels/transactions", body)
        #expect(answer["payment_error"] == "payment timed out")
    }

    @Test(arguments: [
        #"{"mode":"fast"}"#, #"{"delay_ms":1}"#, #"{"mode":"slow","delay_ms":-1}"#,
        #"{"mode":"slow","delay_ms":600001}"#,
        #"{"mode":"slow","delay_ms":"x"}"#, "",
    ])
    func `a behaviour that is none changes nothing`(_ body: String) async throws {
        let node = try await DevNode.started()
        expectError(try await ask(node, .post, "/dev/behaviour", body), 400, code: 3)
        #expect(node.behaviour == DevBehaviour(.normal))
    }
}
