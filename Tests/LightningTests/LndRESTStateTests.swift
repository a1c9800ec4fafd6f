import Foundation
import GatewayKit
import Lightning
import Testing

struct LndRESTStateTests {
    private let preimage = Preimage(.random())
    private var payment: PaymentHash { PaymentHash(sha256(preimage.bytes) ?? .zero) }

    private func tracked(_ json: String) throws -> LndPaymentState {
        try LndRESTWallet.trackedState(of: payment, in: Array(json.utf8))
    }

    private func invoice(_ json: String) throws -> LndPaymentState {
        try LndRESTWallet.invoiceState(of: payment, in: Array(json.utf8))
    }

    private var succeeded: String {
        #"{"result":{"status":"SUCCEEDED","payment_preimage":"\#(preimage.bytes.hex)","failure_reason":"NONE"}}"#
    }

    @Test func `a payment that arrived comes with its preimage`() throws {
        #expect(try tracked(succeeded) == .settled(preimage))
    }

    @Test func `a preimage of another payment is not believed`() {
        let json = #"{"result":{"status":"SUCCEEDED","payment_preimage":"\#(Bytes32.random().hex)"}}"#
        let failure = #expect(throws: LightningFailure.self) { _ = try tracked(json) }
        #expect(failure?.reason == .malformed)
    }

    @Test(arguments: ["IN_FLIGHT", "INITIATED", "a word of later versions"])
    func `a payment that may still arrive is under way`(word: String) throws {
        #expect(try tracked(#"{"result":{"status":"\#(word)","payment_preimage":"00"}}"#) == .underWay)
    }

    @Test(arguments: [
        #"{"result":{"status":"FAILED","failure_reason":"FAILURE_REASON_NO_ROUTE"}}"#,
        #"{"error":{"code":5,"message":"payment isn't initiated"}}"#,
        #"{"code":2,"message":"payment isn't initiated","details":[]}"#,
    ])
    func `a payment that failed or was never begun is unpaid`(json: String) throws {
        #expect(try tracked(json) == .unpaid)
    }

    @Test(arguments: [5, 12])
    func `a wallet that does not serve the question does not know`(code: Int) throws {
        #expect(try tracked(#"{"code":\#(code),"message":"Not Found","details":[]}"#) == .unknown)
        #expect(try invoice(#"{"code":\#(code),"message":"unable to locate invoice","details":[]}"#) == .unknown)
    }

    @Test func `a question that is not permitted is a failure, not an answer`() {
        let json = #"{"code":2,"message":"permission denied","details":[]}"#
        #expect(throws: LightningFailure(.refused, "the wallet answered: permission denied")) { _ = try tracked(json) }
        #expect(throws: LightningFailure(.refused, "the wallet answered: permission denied")) { _ = try invoice(json) }
    }

    @Test func `a node that paid itself knows the preimage from its invoice`() throws {
        let base64 = Data(preimage.bytes.array).base64EncodedString()
        #expect(try invoice(#"{"state":"SETTLED","r_preimage":"\#(base64)"}"#) == .settled(preimage))
        #expect(try invoice(#"{"state":"OPEN","r_preimage":""}"#) == .unpaid)
        #expect(try invoice(#"{"state":"CANCELED","r_preimage":""}"#) == .unpaid)
        #expect(try invoice(#"{"state":"ACCEPTED","r_preimage":""}"#) == .underWay)
        #expect(try invoice(#"{"state":"SETTLED","r_preimage":""}"#) == .unknown)
    }

    @Test func `no part of an answer is a payment, and none traps`() {
        for count in 0..<succeeded.utf8.count {
            #expect(throws: LightningFailure.self) { _ = try tracked(String(succeeded.prefix(count))) }
        }
        for index in 0..<succeeded.utf8.count {
            var bytes = Array(succeeded.utf8)
            bytes[index] ^= 1
            let state = try? LndRESTWallet.trackedState(of: payment, in: bytes)
            if case .settled(let found) = state { #expect(found == preimage) }
        }
    }
}
