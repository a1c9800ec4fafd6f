import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// What a server takes from a client that only makes work, and from one that is merely busy.
struct HTTP2ConnectionAbuseTests {
    /// Frames of one kind, sent at one instant to a server on which stream 1 is open and stream 3 was reset.
    struct Flood: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// How many of them an honest client might send, and how many end the connection at the latest.
        let bounds: ClosedRange<Int>
        let frames: @Sendable (UInt32) -> [HTTP2RawFrame]

        init(_ name: String, _ bounds: ClosedRange<Int>, _ frames: @escaping @Sendable (UInt32) -> [HTTP2RawFrame]) {
            testDescription = name
            self.bounds = bounds
            self.frames = frames
        }
    }

    static let floods: [Flood] = [
        Flood("rapid reset", 100...1000) { [.get(2 * $0 + 5), .reset(2 * $0 + 5)] },
        Flood("rapid reset of uploads", 100...1000) { [.post(2 * $0 + 5), .data(2 * $0 + 5, 9), .reset(2 * $0 + 5)] },
        Flood("resets that the server makes", 100...1000) { [.get(2 * $0 + 5), .windowUpdate(2 * $0 + 5, 0)] },
        Flood("malformed requests", 100...1000) { [.headers(2 * $0 + 5, .literal("A", ""), ends: true)] },
        Flood("HEADERS on a half-closed stream", 100...1000) { [.get(2 * $0 + 5), .get(2 * $0 + 5)] },
        Flood("RST_STREAM on a closed stream", 100...10_000) { _ in [.reset(3)] },
        Flood("DATA on a closed stream", 100...10_000) { _ in [.data(3, 0)] },
        Flood("trailers on a closed stream", 100...10_000) { _ in [.headers(3, [], ends: true)] },
        Flood("SETTINGS", 20...1000) { [.settings((.initialWindowSize, $0 % 2))] },
        Flood("empty SETTINGS", 20...1000) { _ in [.settings()] },
        Flood("large SETTINGS", 0...10) { _ in
            [HTTP2RawFrame(.settings, [UInt8](repeating: 0xFF, count: 6 * 2000))]
        },
        Flood("acknowledgements of SETTINGS", 20...1000) { _ in [HTTP2RawFrame(.settings, flags: 1)] },
        Flood("PING", 50...1000) { _ in [.ping()] },
        Flood("acknowledgements of PING", 50...1000) { _ in [HTTP2RawFrame(.ping, flags: 1, Array(1...8))] },
        Flood("PRIORITY", 256...10_000) { [.priority($0 + 1)] },
        Flood("empty DATA", 100...10_000) { _ in [.data(1, 0)] },
        Flood("DATA of padding", 100...10_000) { _ in [.padded(1, 0, padding: 1)] },
        Flood("WINDOW_UPDATE of the stream", 1000...10_000) { _ in [.windowUpdate(1, 1)] },
        Flood("WINDOW_UPDATE of the connection", 1000...10_000) { _ in [.windowUpdate(0, 1)] },
        Flood("WINDOW_UPDATE of a closed stream", 1000...10_000) { _ in [.windowUpdate(3, 1)] },
        Flood("unknown frames", 1000...10_000) { _ in [HTTP2RawFrame(kind: 0x42, stream: 1)] },
        Flood("GOAWAY", 10...1000) { _ in [.goAway(0)] },
    ]

    private func server() -> HTTP2Machine {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1), .post(3))
        machine.connection.reset(3, .cancel)
        _ = machine.takeOutput()
        return machine
    }

    @Test(arguments: floods) func `a flood ends the connection, and not too soon`(_ flood: Flood) {
        var machine = server()
        var count = 0
        var last = [String]()
        while !machine.connection.isEnded, count <= flood.bounds.upperBound {
            last = machine.receive(flood.frames(UInt32(count)))
            count += 1
        }
        #expect(flood.bounds.contains(count))
        #expect(last.last == "fault 11")
        #expect(machine.takeTexts().last == "GOAWAY \(machine.connection.lastStream) 11")
    }

    @Test(arguments: floods.filter { $0.bounds.lowerBound >= 20 })
    func `the same over time goes on for long`(_ flood: Flood) {
        var machine = server()
        for count in 0..<2_000 {
            machine.pass(.milliseconds(200))
            _ = machine.receive(flood.frames(UInt32(count)))
            _ = machine.takeOutput()
        }
        #expect(!machine.connection.isEnded)
    }

    @Test func `a hundred requests at once may be reset, again and again`() {
        var machine = server()
        for round in UInt32(0)..<20 {
            machine.pass(.seconds(5))
            let streams = (0..<100).map { 5 + 200 * round + 2 * $0 }
            #expect(machine.receive(streams.map { .get($0) }).count == 100)
            #expect(machine.receive(streams.map { .reset($0) }).count == 100)
        }
        #expect(!machine.connection.isEnded)
    }

    @Test func `a download is free with two WINDOW_UPDATEs for each DATA frame`() {
        var machine = server()
        let updates = HTTP2RawFrame.windowUpdate(0, 1000).bytes + HTTP2RawFrame.windowUpdate(1, 1000).bytes
        for _ in 0..<20_000 {
            machine.send(1, count: 1000)
            machine.connection.output.clear()
            guard machine.read(updates) == ["window 0", "window 1"] else { break }
        }
        #expect(!machine.connection.isEnded)
        #expect(machine.connection.sendable(1) == 16_384)
    }

    // MARK: Header blocks

    static let endless: [(size: Int, most: Int)] = [(0, 64), (1, 64), (100, 64), (16_384, 16)]

    @Test(arguments: endless)
    func `a header block that never ends ends the connection`(_ size: Int, _ most: Int) {
        var machine = server()
        #expect(machine.receive(.headers(5, .getRequest, isWhole: false)) == [])
        var count = 0
        while !machine.connection.isEnded, count <= most {
            _ = machine.receive(.continuation(5, [UInt8](repeating: 0x82, count: size), isWhole: false))
            count += 1
        }
        #expect(count <= most)
        #expect(machine.takeTexts() == ["GOAWAY 3 11"])
    }

    /// A head larger than the limit of 32 KiB or 100 fields.
    static let large: [[UInt8]] = [
        (0..<101).flatMap { [UInt8].literal("name-\($0)", "") },
        .literal("long", String(repeating: "x", count: 33_000)),
        (0..<12).flatMap { [UInt8].literal("long-\($0)", String(repeating: "x", count: 4_000)) },
        .literal("bomb", String(repeating: "x", count: 4_000), isRemembered: true)
            + [UInt8](repeating: 0x80 | 62, count: 12_000),
    ]

    @Test(arguments: large) func `a head that is too large is told, and is no error`(_ block: [UInt8]) {
        var machine = server()
        let block = .getRequest + block + .literal("kept", "yes", isRemembered: true)
        let parts = stride(from: 0, to: block.count, by: 16_000).map { Array(block.dropFirst($0).prefix(16_000)) }
        var frames = parts.map { HTTP2RawFrame.continuation(5, $0, isWhole: false) }
        frames[0] = .headers(5, parts[0], ends: true, isWhole: false)
        frames.append(.continuation(5, []))
        #expect(machine.receive(frames) == ["headers 5 end"])
        #expect(machine.connection.headers.isTooLarge)
        #expect(machine.receive(.headers(7, .getRequest + .indexed(62), ends: true)) == ["headers 7 end"])
        #expect(!machine.connection.headers.isTooLarge)
        #expect(machine.heads.last?.last == "kept: yes")
        #expect(machine.takeTexts() == [])
    }

    // MARK: Memory

    /// How many elements the collections of a machine hold, its buffers aside.
    private func elements(of value: Any) -> Int {
        let mirror = Mirror(reflecting: value)
        if value is ByteBuffer { return 0 }
        let own = mirror.displayStyle == .collection || mirror.displayStyle == .dictionary ? mirror.children.count : 0
        return own + mirror.children.reduce(0) { $0 + elements(of: $1.value) }
    }

    @Test func `closed streams take no more and more memory`() {
        var machine = server()
        var sizes = [Int]()
        for round in UInt32(0)..<3_000 {
            let (first, second, third) = (5 + 6 * round, 7 + 6 * round, 9 + 6 * round)
            machine.pass(.seconds(1))
            _ = machine.receive(.get(first), .post(second), .data(second, 50), .reset(second), .post(third))
            machine.send(first, .okResponse, ends: true)
            machine.connection.reset(third, .cancel)
            machine.connection.output.clear()
            if round % 1_000 == 999 { sizes.append(elements(of: machine.connection)) }
        }
        #expect(machine.connection.streamCount == 1)
        #expect(Set(sizes).count == 1)
        #expect(sizes.allSatisfy { $0 < 2_000 })
    }
}
