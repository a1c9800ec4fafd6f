import Foundation
import GatewayKit
import GatewayTesting
import MPP
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

/// Ways in which a payment could be lost, or serve twice.
@Suite struct `A payment whose request goes wrong` {
    /// What the ledger says while a process serves it.
    private func take(_ credential: PaymentCredential, _ gateway: TestGateway, until end: WallTime) async throws {
        let purpose = "mpp/charge taken 1-1 \(end.milliseconds)"
        #expect(try await gateway.store.claim(credential.payment, for: purpose) == .first)
    }

    @Test func `because its process died is asked to wait, and then served once`() async throws {
        let time = ManualTime()
        try await TestGateway.withPayments(time: time.source) { gateway in
            let credential = try await gateway.charge("/echo")
            try await take(credential, gateway, until: time.now.advanced(by: .seconds(60)))
            let early = try await gateway.present(credential, "/echo")
            #expect(early.status == 409)
            #expect(early.headers["retry-after"] == ["61"])
            // It must not pay again.
            #expect(early.headers["www-authenticate"].isEmpty)
            time.advance(by: .seconds(60))
            expectStatus(200, try await gateway.present(credential, "/echo"))
            expectStatus(402, try await gateway.present(credential, "/echo"))
        }
    }

    @Test func `is marked before its answer goes out`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            expectStatus(200, try await gateway.present(credential, "/echo"))
            let purpose = try await gateway.store.purpose(of: credential.payment)
            #expect(purpose?.hasPrefix("mpp/charge served ") == true)
        }
    }

    @Test(arguments: [("/lenient/status/500", 500), ("/down", 502)])
    func `is free again before its refusal goes out`(path: String, status: Int) async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge(path)
            expectStatus(status, try await gateway.present(credential, path))
            #expect(try await gateway.store.purpose(of: credential.payment) == nil)
        }
    }

    @Test func `because a stage behind the price refuses it is free again`() async throws {
        let steps = "auth: mpp, price: 10 sat, rate-limit: { limit: 1/h, burst: 1, per: address }, forward: echo"
        try await TestGateway.with(
            routes: """
                  - name: limited
                    match: { path: /echo }
                    pipeline: [ \(steps) ]
                """
        ) { gateway in
            expectStatus(200, try await gateway.present(try await gateway.charge("/echo"), "/echo"))
            let credential = try await gateway.charge("/echo")
            for _ in 0..<2 {
                let answer = try await gateway.present(credential, "/echo")
                expectStatus(429, answer)
                #expect(answer.headers["payment-receipt"].isEmpty)
                #expect(try await gateway.store.purpose(of: credential.payment) == nil)
            }
        }
    }

    /// Presents it and leaves before the answer, which does not come.
    private func presentAndLeave(
        _ credential: PaymentCredential,
        _ path: String,
        _ gateway: TestGateway
    ) async throws {
        let port = try #require(URL(string: gateway.url)?.port)
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { channel }
            }
        let request = """
            GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: \(credential.authorization)\r\n\r\n
            """
        try await client.writeAndFlush(ByteBuffer(string: request))
        let target = path.replacing("/lenient", with: "")
        while EchoUpstream.reached(target) == 0 {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await client.close()
    }

    @Test func `because its client left before any answer is free, where only a success uses it up`() async throws {
        try await TestGateway.withPayments { gateway in
            let path = "/lenient/hang?\(UUID())"
            let credential = try await gateway.charge(path)
            try await presentAndLeave(credential, path, gateway)
            while try await gateway.store.purpose(of: credential.payment) != nil {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test func `because its client left is used up, where the request does`() async throws {
        try await TestGateway.withPayments { gateway in
            let path = "/status/hang?\(UUID())"
            let credential = try await gateway.charge(path)
            try await presentAndLeave(credential, path, gateway)
            while try await gateway.store.purpose(of: credential.payment)?.hasPrefix("mpp/charge served ") != true {
                try await Task.sleep(for: .milliseconds(5))
            }
            expectStatus(402, try await gateway.present(credential, path))
        }
    }

    @Test func `gets its answer again after a restart, with its key, and nothing else with another`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let key = ("Idempotency-Key", "k1")
        let (credential, first) = try await TestGateway.withPayments(folder: folder) { gateway in
            let credential = try await gateway.charge("/echo")
            let answer = try await gateway.present(credential, "/echo", [key, ("X-Try", "1")])
            expectStatus(200, answer)
            while try await gateway.store.values(withPrefix: "mpp/answer/").isEmpty {
                try await Task.sleep(for: .milliseconds(5))
            }
            return (credential, answer)
        }
        // A mint is made for each folder, so another name of it stands for another process.
        try await TestGateway.withPayments(folder: folder + "/.") { gateway in
            let again = try await gateway.present(credential, "/echo", [key, ("X-Try", "2")])
            expectStatus(200, again)
            #expect(again.body == first.body)
            #expect(again.receipt?.reference == first.receipt?.reference)
            #expect(again.headers["content-type"] == first.headers["content-type"])
            let other = try await gateway.present(credential, "/echo", [("Idempotency-Key", "k2")])
            #expect(other.status == 402)
            #expect(other.problemType == "lightning/unknown-challenge")
            let conflict = try await gateway.present(credential, "/echo", [key, ("Content-Type", "text/plain")])
            #expect(conflict.status == 422)
        }
    }
}
