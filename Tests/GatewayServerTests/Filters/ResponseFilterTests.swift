import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

/// What a filter may do to a response, on all ways through the gateway.
struct ResponseFilterTests {
    /// Sends "one", and "two" once the client has the first.
    private func twoParts(_ went: Watched<Bool>, trailers: [(String, String)] = []) -> AnsweringUpstream.Script {
        { upstream in
            try await upstream.head()
            try await upstream.part("one")
            try await went.wait(for: "the first part to pass") { $0 }
            try await upstream.part("two")
            try await upstream.end(trailers: trailers)
        }
    }

    @Test(arguments: Versions.all)
    func `what it holds waits, what it sends meanwhile does not`(_ versions: Versions) async throws {
        let (journal, went, gate) = (Journal(), Watched(false), Watched(false))
        let filter = FilterStage(journal: journal) { text, part, call in
            guard text == "two" else { return .now(part) }
            call.send("(wait)")
            return call.later(gate, part)
        }
        try await Gateway.filtering(filter, versions.back, answering: twoParts(went)) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            try await client.answer("the first part") { $0.body == "one" }
            went.update { $0 = true }
            let held = try await client.answer("what is sent meanwhile") { $0.body == "one(wait)" }
            #expect(held.end == .none)
            gate.update { $0 = true }
            let answer = try await client.whole()
            #expect(answer.body == "one(wait)two")
            #expect(
                try await journal.lines(5) == [
                    "part one", "part two", "end", "filter answered 200", "settle answered 200",
                ]
            )
        }
        #expect(journal.value.count == 5)
    }

    @Test(arguments: Versions.all)
    func `it inserts before and behind, changes and takes away`(_ versions: Versions) async throws {
        let (journal, went) = (Journal(), Watched(false))
        var filter = FilterStage(journal: journal) { text, part, call in
            call.send("[")
            call.send(text.uppercased())
            if text == "one" { return .now(ByteBuffer(string: "]")) }
            return call.soon(ByteBuffer())
        }
        filter.trailers = { trailers, call in
            var trailers = trailers
            trailers.add(FieldName(.server), "\(trailers.count)")
            call.send(" end")
            return call.soon(trailers)
        }
        let script = twoParts(went, trailers: [("x-sum", "1")])
        try await Gateway.filtering(filter, versions.back, answering: script) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            try await client.answer("the first part") { $0.body == "[ONE]" }
            went.update { $0 = true }
            let answer = try await client.whole()
            #expect(answer.body == "[ONE][TWO end")
            #expect(answer.trailers == ["x-sum: 1", "server: 1"])
        }
    }

    @Test(arguments: Versions.all, [false, true])
    func `it ends a response that the upstream has not`(_ versions: Versions, isHeld: Bool) async throws {
        let (journal, went, gate) = (Journal(), Watched(false), Watched(false))
        let filter = FilterStage(journal: journal) { text, part, call in
            guard text == "two" else { return .now(part) }
            call.send("enough")
            guard isHeld else {
                call.outlet.end(trailers: Fields([(FieldName(.server), "s")]))
                return .now(ByteBuffer(string: "!"))
            }
            call.eventLoop.assumeIsolated().execute {
                call.send("!")
                call.outlet.end(trailers: Fields([(FieldName(.server), "s")]))
                call.send("too late")
            }
            return call.later(gate, part)
        }
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head()
            try await upstream.part("one")
            try await went.wait(for: "the first part to pass") { $0 }
            try await upstream.part("two")
        }
        try await Gateway.filtering(filter, versions.back, answering: script) { gateway, service in
            let client = try await AnsweredClient.request(gateway, versions.front)
            try await client.answer("the first part") { $0.body == "one" }
            went.update { $0 = true }
            let answer = try await client.whole()
            #expect(answer.body == "oneenough!")
            #expect(answer.trailers == ["server: s"])
            try await AnsweringUpstream.abandoned(service.connection(0), versions.back)
            #expect(try await journal.lines(4).suffix(2) == ["filter answered 200", "settle answered 200"])
            gate.update { $0 = true }
        }
        #expect(journal.value.count == 4)
    }

    @Test(arguments: Versions.all, [false, true])
    func `it cuts a response so that the client sees it`(_ versions: Versions, throwing: Bool) async throws {
        let (journal, went) = (Journal(), Watched(false))
        let filter = FilterStage(journal: journal) { text, part, call in
            guard text == "two" else { return .now(part) }
            call.send("enough")
            if throwing { throw NeverHappened("an error", "of a filter") }
            call.outlet.cut()
            return .now(ByteBuffer())
        }
        try await Gateway.filtering(filter, versions.back, answering: twoParts(went)) { gateway, service in
            let client = try await AnsweredClient.request(gateway, versions.front)
            try await client.answer("the first part") { $0.body == "one" }
            went.update { $0 = true }
            let answer = try await client.ended()
            #expect(answer.end == .cut)
            #expect(answer.body == "oneenough")
            #expect(try await journal.lines(4).suffix(2) == ["filter cut 200", "settle cut 200"])
        }
        #expect(journal.value.count == 4)
    }

    @Test(arguments: Versions.all)
    func `a client that leaves ends the hold`(_ versions: Versions) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let filter = FilterStage(journal: journal) { _, part, call in call.later(gate, part) }
        try await Gateway.filtering(filter, versions.back, answering: twoParts(Watched(false))) { gateway, service in
            let client = try await AnsweredClient.request(gateway, versions.front)
            _ = try await journal.lines(1)
            await client.connection.close()
            #expect(try await journal.lines(3) == ["part one", "filter clientLeft 200", "settle clientLeft 200"])
            try await AnsweringUpstream.abandoned(service.connection(0), versions.back)
            gate.update { $0 = true }
            try await gateway.connections(become: 0)
        }
        #expect(journal.value.count == 3)
    }

    @Test(arguments: Versions.all)
    func `a drain that expires ends the hold`(_ versions: Versions) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let filter = FilterStage(journal: journal) { _, part, call in call.later(gate, part) }
        try await Gateway.filtering(filter, versions.back, answering: twoParts(Watched(false))) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            _ = try await journal.lines(1)
            await gateway.server.drain()
            #expect(journal.value == ["part one", "filter drained 200", "settle drained 200"])
            #expect(try await client.ended().end == .cut)
            #expect(try await gateway.server.upstreamConnectionCount() == 0)
            gate.update { $0 = true }
        }
        #expect(journal.value.count == 3)
    }

    @Test(arguments: Versions.all)
    func `a held response outlives the idle timeouts`(_ versions: Versions) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let filter = FilterStage(journal: journal) { text, part, call in
            text == "two" ? call.later(gate, part) : .now(part)
        }
        try await Gateway.filtering(
            filter,
            versions.back,
            timeouts: .init(idle: .milliseconds(800)),
            limits: MessageLimits(idleTimeout: .seconds(1)),
            answering: twoParts(Watched(true))
        ) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            _ = try await journal.lines(2)
            for _ in 1...2 {
                // What the timeouts are good for shows on a connection that began after the hold.
                let idle = try await gateway.connect()
                #expect(try await idle.end() == "")
            }
            #expect(journal.value.count == 2)
            gate.update { $0 = true }
            #expect(try await client.whole().body == "onetwo")
        }
    }

    @Test(arguments: Versions.all)
    func `a large body goes through part by part`(_ versions: Versions) async throws {
        let written = Watched(0)
        let total = 4 << 20
        let filter = FilterStage(journal: Journal()) { text, part, call in
            text.utf8.count.isMultiple(of: 3) ? .now(part) : call.soon(part)
        }
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head(length: total)
            try await upstream.pour(total, counting: written)
            try await upstream.end()
        }
        try await Gateway.filtering(filter, versions.back, answering: script) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            let state = try await client.connection.received.wait(for: "the body") { $0.count >= total }
            #expect(state.count < total + total / 10)
            let answer = try await client.whole()
            #expect(answer.count == total)
        }
    }

    @Test(arguments: Versions.Version.allCases)
    func `an upstream is not read ahead of a filter that holds`(_ version: Versions.Version) async throws {
        let (journal, written, gate) = (Journal(), Watched(0), Watched(false))
        let total = 40 << 20
        let filter = FilterStage(journal: journal) { _, part, call in
            journal.value.isEmpty
                ? {
                    journal.note("held"); return call.later(gate, part)
                }() : .now(part)
        }
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head(length: total)
            try await upstream.pour(total, counting: written)
            try await upstream.end()
        }
        try await Gateway.filtering(filter, version, answering: script) { gateway, _ in
            let client = try await gateway.connect(keeps: false)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await journal.lines(1)
            var last = -1
            while written.value != last {
                last = written.value
                for _ in 1...300 {
                    _ = try await gateway.server.connectionCount()
                }
            }
            // What the kernel's sockets take is HTTP/1.1's bound, the stream's window HTTP/2's.
            #expect(last < (version == .http1 ? 32 << 20 : 1 << 20))
            gate.update { $0 = true }
            if version == .http1 {
                try await client.received.wait(for: "the body") { $0.count >= total }
            } else {
                try await written.wait(for: "more windows") { $0 > 1 << 20 }
            }
        }
    }
}
