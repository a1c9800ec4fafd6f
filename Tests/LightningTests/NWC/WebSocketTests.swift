import GatewayKit
import Lightning
import Testing

struct WebSocketTests {
    private static func with<Result>(
        _ behaviour: FakeRelay.Behaviour = FakeRelay.Behaviour(),
        _ body: (FakeRelay, WebSocketAddress) async throws -> Result
    ) async throws -> Result {
        let relay = FakeRelay(clients: []) { _ in }
        relay.behaviour = behaviour
        try await relay.start()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(relay, try #require(WebSocketAddress(parsing: relay.address))))
        } catch {
            result = .failure(error)
        }
        try await relay.stop()
        return try result.get()
    }

    /// Connects, and waits until the server knows.
    private static func connect(
        to relay: FakeRelay,
        _ address: WebSocketAddress,
        _ limits: WebSocketLimits = WebSocketLimits()
    ) async throws -> WebSocket {
        let socket = try await WebSocket.connect(to: address, limits: limits)
        while relay.opened == 0 {
            await Task.yield()
        }
        return socket
    }

    private static func end(of socket: WebSocket) async -> WebSocketFailure? {
        do {
            for try await _ in socket.texts {}
        } catch {
            return error as? WebSocketFailure
        }
        return nil
    }

    @Test func `what a server says at once is heard, and in its order`() async throws {
        var behaviour = FakeRelay.Behaviour()
        behaviour.asksWho = true
        let texts = try await Self.with(behaviour) { relay, address in
            let socket = try await Self.connect(to: relay, address)
            relay.say("one")
            relay.say("two")
            var texts = [String]()
            for try await text in socket.texts {
                texts.append(text)
                if texts.count == 3 { break }
            }
            return texts
        }
        #expect(texts == [#"["AUTH","who is it?"]"#, "one", "two"])
    }

    @Test func `a server that does not answer a ping is left`() async throws {
        var behaviour = FakeRelay.Behaviour()
        behaviour.ignoresPings = true
        let failure = try await Self.with(behaviour) { _, address in
            var limits = WebSocketLimits()
            limits.silence = .milliseconds(20)
            return await Self.end(of: try await WebSocket.connect(to: address, limits: limits))
        }
        #expect(failure == .silent)
    }

    @Test func `a server that sends more than is read is left`() async throws {
        let failure = try await Self.with { relay, address in
            var limits = WebSocketLimits()
            limits.mostWaiting = 2
            let socket = try await Self.connect(to: relay, address, limits)
            for _ in 0..<100 {
                relay.say("x")
            }
            // Nothing is read before all is sent.
            while !socket.hasEnded {
                await Task.yield()
            }
            return await Self.end(of: socket)
        }
        #expect(failure == .tooMuch)
    }

    @Test func `a server that sends long texts is left before as many wait as may`() async throws {
        let failure = try await Self.with { relay, address in
            var limits = WebSocketLimits()
            limits.longestWaiting = .kibibytes(1)
            let socket = try await Self.connect(to: relay, address, limits)
            for _ in 0..<10 {
                relay.say(String(repeating: "x", count: 600))
            }
            while !socket.hasEnded {
                await Task.yield()
            }
            return await Self.end(of: socket)
        }
        #expect(failure == .tooMuch)
    }

    @Test func `a server that closes ends the texts`() async throws {
        let failure = try await Self.with { relay, address in
            let socket = try await Self.connect(to: relay, address)
            relay.drop()
            return await Self.end(of: socket)
        }
        #expect(failure == .closed)
    }

    @Test func `a server that does not speak WebSocket is told from one that does`() async throws {
        try await LndRESTServer.with(answer: LndRESTServer.notInitiated) { server in
            let address = try #require(WebSocketAddress(parsing: "ws://127.0.0.1:\(server.port)"))
            await #expect(throws: (any Error).self) { _ = try await WebSocket.connect(to: address) }
        }
    }

    @Test func `a server that never answers is waited for no longer than was said`() async throws {
        try await LndRESTServer.with(answer: nil) { server in
            let address = try #require(WebSocketAddress(parsing: "ws://127.0.0.1:\(server.port)"))
            var limits = WebSocketLimits()
            limits.connecting = .milliseconds(50)
            let patience = limits
            await #expect(throws: (any Error).self) { _ = try await WebSocket.connect(to: address, limits: patience) }
        }
    }

    @Test func `a certificate that is given is taken, and that of another is not`() async throws {
        let relay = FakeRelay(clients: []) { _ in }
        try await relay.start(tls: try Identity.wallet.context())
        let address = try #require(WebSocketAddress(parsing: relay.address.replacing("ws://", with: "wss://")))
        let other = try #require(NodeAuthorities(pem: Identity.signedByWallet.certificate))
        await #expect(throws: (any Error).self) {
            _ = try await WebSocket.connect(to: address, authorities: other)
        }
        let own = try #require(NodeAuthorities(pem: Identity.wallet.certificate))
        let socket = try await WebSocket.connect(to: address, authorities: own)
        #expect(!socket.hasEnded)
        socket.close()
        try await relay.stop()
    }

    @Test func `a certificate that nobody trusts, or for another name, is refused`() async throws {
        let relay = FakeRelay(clients: []) { _ in }
        try await relay.start(tls: try Identity.wallet.context())
        let text = relay.address.replacing("ws://", with: "wss://")
        let address = try #require(WebSocketAddress(parsing: text))
        await #expect(throws: (any Error).self) { _ = try await WebSocket.connect(to: address) }
        #expect(relay.opened == 0)
        try await relay.stop()
    }
}
