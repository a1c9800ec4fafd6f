import Foundation
import GatewayKit
import GatewayPolicy
import HTTPTypes
import L402
import Lightning
import NIOCore
import Testing
import sluice

@Suite struct `A purchase whose payment ended unheard` {
    private static let notFound = Reply.json(#"{"code":5,"message":"Not Found","details":[]}"#, .notFound)

    private static func tracked(_ json: String) -> Reply { .json(json + "\n") }

    @Test func `is kept, and the next run gets the token without paying again`() async throws {
        try await Shopper.with { call, node in
            let reply = try await node(call)
            return call.isPayment ? .walletIsAway : reply
        } _: { shopper in
            let first = try await shopper.get("/quotes")
            #expect(first.status == 3)
            #expect(first.output.isEmpty)
            #expect(first.error.contains("the next run asks for the same one"))
            #expect(try shopper.folder.mode("kept/tokens.json") == 0o600)
            #expect(try shopper.cache.pending(origin: shopper.origin, service: "quotes", path: "/quotes") != nil)

            let second = try await shopper.get("/quotes", ["-v"])
            #expect(second.status == 0, "\(second.error)")
            #expect(second.text.hasPrefix("GET /quotes\n"))
            #expect(second.steps.contains("the wallet has paid it already"))
            #expect(shopper.payments.count == 1)
            #expect(try shopper.cache.pending(origin: shopper.origin, service: "quotes", path: "/quotes") == nil)
        }
    }

    @Test func `is paid with the same invoice when it was not paid yet`() async throws {
        try await Shopper.with { shopper in
            let failed = try await shopper.get("/quotes", wallet: "http://127.0.0.1:0")
            #expect(failed.status == 3)
            let pending = try shopper.cache.pending(origin: shopper.origin, service: "quotes", path: "/quotes")
            let invoice = try #require(pending?.invoice)
            let result = try await shopper.get("/quotes")
            #expect(result.status == 0, "\(result.error)")
            #expect(shopper.payments.count == 1)
            #expect(shopper.payments.first?.contains(invoice) == true)
        }
    }

    @Test func `does not go above --max on the next run either`() async throws {
        try await Shopper.with { shopper in
            _ = try await shopper.get("/quotes", wallet: "http://127.0.0.1:0")
            #expect(try await shopper.get("/quotes", ["--max", "1"]).status == 4)
            #expect(shopper.payments.isEmpty)
        }
    }

    @Test func `is not paid twice when the wallet has paid but does not tell the preimage`() async throws {
        try await Shopper.with { call, node in
            guard call.isPayment else { return Self.notFound }
            let reply = try await node(call)
            guard case .bytes(let bytes) = reply.body, String(buffer: bytes).contains("already paid") else {
                return .walletIsAway
            }
            return reply
        } _: { shopper in
            _ = try await shopper.get("/quotes")
            for _ in 0..<2 {
                let result = try await shopper.get("/quotes")
                #expect(result.status == 4)
                #expect(result.error.contains("is already paid, but the wallet does not hand out the preimage"))
            }
            #expect(Set(shopper.payments).count == 1)
        }
    }

    @Test func `is waited for while its payment is under way`() async throws {
        try await Shopper.with { call, _ in
            call.isPayment ? .walletIsAway : Self.tracked(#"{"result":{"status":"IN_FLIGHT"}}"#)
        } _: { shopper in
            _ = try await shopper.get("/quotes")
            let result = try await shopper.get("/quotes")
            #expect(result.status == 1)
            #expect(result.error.contains("has not ended yet"))
            #expect(shopper.payments.count == 1)
        }
    }

    // MARK: Expired

    /// Leaves a pending token behind whose invoice expired long ago.
    private func leaveExpired(_ shopper: Shopper) throws -> PendingToken {
        let payment = PaymentHash(.random())
        let draft = Bolt11Draft(
            network: .regtest,
            amount: .satoshis(10),
            timestamp: WallTime(seconds: 1_700_000_000),
            fields: [.paymentHash(payment), .paymentSecret(.random())]
        )
        let pending = PendingToken(
            origin: shopper.origin,
            service: "quotes",
            path: "/quotes",
            token: "expired",
            invoice: try draft.signed(with: try #require(NodeKey.random())),
            payment: payment
        )
        #expect(try shopper.cache.reserve(pending) == .reserved)
        return pending
    }

    @Test func `is given up when it expired and was certainly not paid, and another is bought`() async throws {
        try await Shopper.with { call, node in
            call.isPayment ? try await node(call) : Self.tracked(#"{"result":{"status":"FAILED"}}"#)
        } _: { shopper in
            let expired = try leaveExpired(shopper)
            let result = try await shopper.get("/quotes", ["-v"])
            #expect(result.status == 0, "\(result.error)")
            #expect(result.steps.contains("its invoice expired unpaid; buying anew"))
            #expect(shopper.payments.count == 1)
            #expect(shopper.payments.first?.contains(expired.invoice) == false)
        }
    }

    @Test func `is not replaced when it expired and the wallet does not know whether it was paid`() async throws {
        try await Shopper.with { call, node in
            call.isPayment ? try await node(call) : Self.notFound
        } _: { shopper in
            let expired = try leaveExpired(shopper)
            let result = try await shopper.get("/quotes")
            #expect(result.status == 4)
            #expect(result.error.contains("\(expired.payment)"))
            #expect(shopper.payments.isEmpty)
        }
    }

    // MARK: Refused, and not kept

    @Test func `is forgotten when the wallet says that it did not pay`() async throws {
        try await Shopper.with { shopper in
            let node = try #require(shopper.gateway.policy.plan.lightning as? DevNode)
            node.behaviour = DevBehaviour(.neverSettling)
            let result = try await shopper.get("/quotes")
            #expect(result.status == 1)
            #expect(try shopper.cache.pending(origin: shopper.origin, service: "quotes", path: "/quotes") == nil)
        }
    }

    @Test func `is not begun when the token could not be kept`() async throws {
        try await Shopper.with { shopper in
            _ = try shopper.folder.newFile("kept")
            let result = try await shopper.get("/quotes")
            #expect(result.status == 1)
            #expect(result.error.contains("nothing was paid"))
            #expect(shopper.wallet.calls.isEmpty)
        }
    }

    @Test func `a token that is paid for and cannot be kept is printed, and used`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/tokens.json"
        try await Shopper.with { call, node in
            let reply = try await node(call)
            // A folder that is not empty takes no file's place.
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: "\(path)/x", withIntermediateDirectories: true)
            return reply
        } _: { shopper in
            let result = try await SluiceCommand.run(
                ["get", "\(shopper.origin)/quotes", "--tokens", path, "--wallet", shopper.wallet.url]
            )
            #expect(result.status == 0)
            #expect(result.text.hasPrefix("GET /quotes\n"))
            #expect(result.error.hasPrefix("warning: "))
            let line = try #require(result.error.split(separator: "\n").first { $0.hasPrefix("Authorization: ") })
            let credential = String(line.dropFirst("Authorization: ".count))
            expectStatus(200, try await shopper.gateway.request("/quotes", [("Authorization", credential)]))
        }
    }
}
