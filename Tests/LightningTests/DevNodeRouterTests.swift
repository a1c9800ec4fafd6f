import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Lightning
import Testing

struct DevNodeRouterTests {
    private let time = ManualTime()

    private func send(_ bolt11: String, to node: DevNode, userAgent: String = "curl/8") async throws -> DevNodeAnswer {
        let body = #"{"payment_request":"\#(bolt11)","timeout_seconds":60,"fee_limit_sat":100}"#
        return try await node.answer(.post, "/v2/router/send", body, fields: [("User-Agent", userAgent)])
    }

    private func result(_ answer: DevNodeAnswer) throws -> [String: String] {
        try #require(answer.json["result"] as? [String: String])
    }

    @Test func `a payment answers with one line, whose preimage is hexadecimal as lnd writes it`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        let answer = try await send(invoice.bolt11, to: node)
        #expect(answer.status == 200)
        #expect(answer.text.hasSuffix("}\n"))
        #expect(answer.text.count(where: { $0 == "\n" }) == 1)
        let result = try result(answer)
        #expect(result["status"] == "SUCCEEDED")
        #expect(result["failure_reason"] == "FAILURE_REASON_NONE")
        #expect(result["payment_hash"] == invoice.paymentHash.description)
        #expect(result["payment_request"] == invoice.bolt11)
        #expect(result["value_sat"] == "10")
        #expect(result["value_msat"] == "10000")
        #expect(result["fee_sat"] == "0")
        #expect(result["fee_msat"] == "0")
        let preimage = try #require(result["payment_preimage"].flatMap { Bytes32(hex: $0) })
        #expect(sha256(preimage) == invoice.paymentHash.bytes)
        #expect(try await node.isSettled(invoice.paymentHash))
    }

    @Test func `l402-requests reads the preimage as base64 and gets it so`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        let result = try result(try await send(invoice.bolt11, to: node, userAgent: "l402-requests/0.9.0"))
        let data = try #require(result["payment_preimage"].flatMap { Data(base64Encoded: $0) })
        #expect(sha256(try #require(Bytes32(data))) == invoice.paymentHash.bytes)
    }

    @Test(arguments: ["not l402-requests/0.9.0", "l402-requests", "L402-REQUESTS/1", ""])
    func `every other client gets it in hexadecimal`(_ userAgent: String) async throws {
        let node = try await DevNode.started()
        let result = try result(try await send(try await node.invoice().bolt11, to: node, userAgent: userAgent))
        #expect(result["payment_preimage"].flatMap { Bytes32(hex: $0) } != nil)
    }

    @Test func `a payment to another node fails without a route`() async throws {
        let node = try await DevNode.started()
        let answer = try await send(try await DevNode.started().invoice().bolt11, to: node)
        #expect(answer.status == 200)
        #expect(try result(answer)["status"] == "FAILED")
        #expect(try result(answer)["failure_reason"] == "FAILURE_REASON_NO_ROUTE")
        #expect(try result(answer)["payment_preimage"] == String(repeating: "0", count: 64))
    }

    @Test func `a payment that never settles fails after its time`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        node.behaviour = DevBehaviour(.neverSettling)
        let answer = try await send(invoice.bolt11, to: node)
        #expect(try result(answer)["status"] == "FAILED")
        #expect(try result(answer)["failure_reason"] == "FAILURE_REASON_TIMEOUT")
        #expect(try await !node.isSettled(invoice.paymentHash))
    }

    @Test func `an invoice that is paid already is not paid again`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        _ = try await send(invoice.bolt11, to: node)
        let answer = try await send(invoice.bolt11, to: node)
        #expect(answer.status == 409)
        #expect(answer.text == #"{"error":{"code":6,"details":[],"message":"invoice is already paid"}}"# + "\n")
    }

    @Test func `an expired invoice is not paid`() async throws {
        let node = try await DevNode.started(time: time.source)
        let invoice = try await node.invoice()
        time.advance(by: .seconds(60))
        let answer = try await send(invoice.bolt11, to: node)
        #expect(answer.status == 500)
        #expect(answer.text == #"{"error":{"code":2,"details":[],"message":"invoice expired"}}"# + "\n")
    }

    @Test(arguments: ["", "{}", #"{"payment_request":""}"#, #"{"payment_request":"lnbc1"}"#, #"{"dest":"AA=="}"#])
    func `what is no invoice cannot be paid`(_ body: String) async throws {
        let node = try await DevNode.started()
        let answer = try await node.answer(.post, "/v2/router/send", body)
        #expect(answer.status == 400)
        #expect(answer.json["code"] as? Int == 3)
    }

    @Test func `only POST pays`() async throws {
        let answer = try await DevNode.started().answer(.get, "/v2/router/send")
        #expect(answer.status == 501)
    }

    @Test func `a node that is down does not pay`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice()
        node.behaviour = DevBehaviour(.down)
        #expect(try await send(invoice.bolt11, to: node).status == 503)
    }
}
