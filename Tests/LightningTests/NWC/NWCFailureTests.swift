import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Relays and wallets that are slow, gone, or out of order.
struct NWCFailureTests {
    @Test func `a wallet that sleeps is waited for no longer than was said`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.isAsleep = true
        let failure = try await NWCExample.with(wallet, timeout: .milliseconds(200)) { backend, _ in
            try await backend.failure { _ = try await $0.tenSatoshis() }
        }
        #expect(failure.reason == .unavailable)
        #expect(failure.description.contains("did not answer"))
    }

    @Test func `a relay that refuses a request ends it at once`() async throws {
        let wallet = try FakeWallet()
        let failure = try await NWCExample.with(wallet, timeout: .seconds(60)) { backend, relays in
            relays[0].behaviour.refuses = "mute: nobody listens"
            return try await backend.failure { _ = try await $0.tenSatoshis() }
        }
        #expect(failure.reason == .unavailable)
        #expect(failure.description.contains("nobody listens"))
    }

    @Test func `one relay of two is enough`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet, relays: 2, timeout: .seconds(60)) { backend, relays in
            relays[0].behaviour.refuses = "blocked: not you"
            // As soon as the other one is connected, too.
            try await Self.untilItWorks { _ = try await backend.tenSatoshis() }
            try await relays[0].stop()
            _ = try await backend.tenSatoshis()
        }
    }

    @Test func `a relay that goes ends what was asked over it, and is connected to again`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.held = ["make_invoice"]
        try await NWCExample.with(wallet, timeout: .seconds(60)) { backend, relays in
            async let asking = backend.failure { _ = try await $0.tenSatoshis() }
            while wallet.asked.isEmpty {
                await Task.yield()
            }
            relays[0].drop()
            let failure = try await asking
            #expect(failure.reason == .unavailable)
            wallet.behaviour.held = []
            try await Self.untilItWorks { _ = try await backend.tenSatoshis() }
            #expect(relays[0].opened > 1)
        }
    }

    @Test func `a relay that is started again is found again`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, relays in
            _ = try await backend.tenSatoshis()
            try await relays[0].stop()
            let failure = try await backend.failure { _ = try await $0.tenSatoshis() }
            #expect(failure.reason == .unavailable)
            try await relays[0].start()
            try await Self.untilItWorks { _ = try await backend.tenSatoshis() }
        }
    }

    @Test func `answers find their questions in any order`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, _ in
            let paid = try await backend.tenSatoshis()
            let open = try await backend.tenSatoshis()
            wallet.behaviour.isSilent = true
            try await wallet.pay(paid)
            wallet.behaviour.held = ["lookup_invoice"]
            async let first = backend.isSettled(paid.paymentHash)
            async let second = backend.isSettled(open.paymentHash)
            while wallet.withheld.count < 2 {
                await Task.yield()
            }
            wallet.release(reversed: true)
            let answers = try await (first, second)
            #expect(answers.0)
            #expect(!answers.1)
        }
    }

    @Test func `an answer that comes too late, and one that comes twice, do no harm`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.held = ["make_invoice"]
        try await NWCExample.with(wallet, timeout: .milliseconds(300)) { backend, relays in
            let failure = try await backend.failure { _ = try await $0.tenSatoshis() }
            #expect(failure.reason == .unavailable)
            wallet.release()
            relays[0].behaviour.copies = 3
            let invoices = [try await backend.tenSatoshis(), try await backend.tenSatoshis()]
            #expect(Set(invoices.map(\.paymentHash)).count == 2)
        }
    }

    @Test func `noise is passed over`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, relays in
            relays[0].behaviour.noise = [
                "", "[", "{}", #"["EVENT","words",{}]"#, #"["OK","x"]"#, #"["NOTICE","\u0007"]"#, #"["EOSE","words"]"#,
                #"["EVENT","words",{"pubkey":"\#(wallet.key.publicKey)","id":"\#(Bytes32.random().hex)"}]"#,
            ]
            _ = try await backend.tenSatoshis()
            #expect(relays[0].opened == 1)
        }
    }

    @Test func `an event that was changed is not believed, and does not hide the true one`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.held = ["make_invoice"]
        try await NWCExample.with(wallet, timeout: .seconds(60)) { backend, relays in
            async let asking = backend.tenSatoshis()
            while wallet.withheld.isEmpty {
                await Task.yield()
            }
            let answer = try #require(wallet.withheld.first)
            guard case .object(let members) = answer.json else { return }
            let changed = members.map { $0.name == "content" ? JSONValue.Member("content", .string("AAAA")) : $0 }
            relays[0].tell(.object(changed), of: answer)
            wallet.release()
            _ = try await asking
        }
    }

    @Test func `a message that is too long ends a relay's connection, and no more`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, relays in
            _ = try await backend.tenSatoshis()
            relays[0].say(#"["NOTICE",""# + String(repeating: "x", count: 2 << 20) + #""]"#)
            try await Self.untilItWorks {
                _ = try await backend.tenSatoshis()
                guard relays[0].opened > 1 else { throw LightningFailure(.unavailable, "not yet") }
            }
        }
    }

    @Test func `a relay is asked for no more of what it has stored than may wait to be read`() async throws {
        let wallet = try FakeWallet()
        try await NWCExample.with(wallet) { backend, relays in
            _ = try await backend.tenSatoshis()
            let limits = relays[0].filters.map { filter in
                if case .number(let limit) = filter["limit"] { limit } else { Double.infinity }
            }
            #expect(limits.count == 2)
            #expect(limits.allSatisfy { $0 < Double(WebSocketLimits().mostWaiting) })
        }
    }

    @Test func `a wallet that nobody can reach is told at once once that is known`() async throws {
        let wallet = try FakeWallet()
        let relay = try await wallet.addRelay()
        try await relay.stop()
        let failure = try await NWCExample.with(wallet, relays: 0, timeout: .seconds(60)) { backend, _ in
            try await backend.failure { _ = try await $0.tenSatoshis() }
        }
        #expect(failure.reason == .unavailable)
    }

    @Test func `starting does not wait for a relay`() async throws {
        let wallet = try FakeWallet()
        let relay = try await wallet.addRelay()
        relay.behaviour.hidesEnd = true
        let backend = try await NWCExample.started(wallet, timeout: .milliseconds(50))
        await backend.stop()
        try await relay.stop()
    }

    @Test func `a relay that never says what it has stored is left, and tried again`() async throws {
        let wallet = try FakeWallet()
        let relay = try await wallet.addRelay()
        relay.behaviour.hidesEnd = true
        var limits = WebSocketLimits()
        limits.connecting = .milliseconds(300)
        let backend = try await NWCExample.started(wallet, limits: limits)
        let failure = try await backend.failure { _ = try await $0.tenSatoshis() }
        #expect(failure.reason == .unavailable)
        relay.behaviour.hidesEnd = false
        try await Self.untilItWorks { _ = try await backend.tenSatoshis() }
        #expect(relay.opened > 1)
        await backend.stop()
        try await relay.stop()
    }

    @Test func `a request that is cancelled ends`() async throws {
        let wallet = try FakeWallet()
        wallet.behaviour.isAsleep = true
        try await NWCExample.with(wallet, timeout: .seconds(60)) { backend, _ in
            let task = Task { try await backend.tenSatoshis() }
            while wallet.asked.isEmpty {
                await Task.yield()
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
    }

    /// A connection takes a moment to be there again: there is nothing else to wait for.
    static func untilItWorks(_ body: () async throws -> Void) async throws {
        for _ in 0..<1_000 {
            do {
                return try await body()
            } catch let failure as LightningFailure where failure.reason == .unavailable {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        try await body()
    }
}
