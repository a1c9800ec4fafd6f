import GatewayServer
import NIOCore
import Testing

/// Nothing that a peer sends may trap, nor depend on how it is cut.
struct HTTP2ConnectionFuzzTests {
    /// A conversation that is right, and what it makes.
    struct Conversation: Sendable, CustomTestStringConvertible {
        let role: HTTP2Connection.Role
        let bytes: [UInt8]

        var testDescription: String { "\(role)" }

        /// A machine as it is before.
        var machine: HTTP2Machine {
            var machine = HTTP2Machine(fresh: role)
            if role == .client {
                for _ in 0..<3 {
                    machine.connection.openStream().map { machine.send($0, .postRequest) }
                }
            }
            machine.connection.output.clear()
            return machine
        }

        /// What a machine makes of these parts of it.
        func outcome(of parts: [[UInt8]]) -> Outcome {
            var machine = machine
            let events = parts.flatMap { machine.read($0) }
            return Outcome(events, &machine)
        }
    }

    struct Outcome: Equatable {
        let events: [String]
        let heads: [[String]]
        let bodies: [UInt32: [UInt8]]
        let output: [String]
        let isEnded: Bool

        init(_ events: [String], _ machine: inout HTTP2Machine) {
            (self.events, heads, bodies) = (events, machine.heads, machine.bodies)
            output = machine.takeTexts()
            isEnded = machine.connection.isEnded
        }

        /// An end is told, once and last, to both sides; without one nothing of it is said.
        var isSound: Bool {
            let faults = events.filter { $0.hasPrefix("fault") }.count
            guard isEnded else { return faults == 0 && !output.contains { $0.hasPrefix("GOAWAY") } }
            return faults == 1 && events.last?.hasPrefix("fault") == true && output.last?.hasPrefix("GOAWAY") == true
        }
    }

    private static let middle: [HTTP2RawFrame] = [
        .windowUpdate(0, 100), .padded(1, 20, padding: 3), HTTP2RawFrame(kind: 0x42, stream: 1, [1, 2, 3]),
        .data(1, 30), .ping(9), .windowUpdate(1, 7), .priority(1), HTTP2RawFrame(.settings, flags: 1),
        .headers(1, .literal("checksum", "1", isRemembered: true), ends: true, isWhole: false),
        .continuation(1, [0xBE]),
    ]

    static let conversations: [Conversation] = [
        Conversation(
            role: .server,
            bytes: .preface
                + ([
                    .settings((.initialWindowSize, 70_000), (.maxFrameSize, 20_000)),
                    .headers(1, Array([UInt8].postRequest.prefix(5)), isWhole: false),
                    .continuation(1, [], isWhole: false), .continuation(1, Array([UInt8].postRequest.dropFirst(5))),
                ] + middle + [
                    .headers(3, .getRequest + .indexed(62), ends: true), .post(5), .reset(5, .cancel), .goAway(0),
                ]).flatMap(\.bytes)
        ),
        Conversation(
            role: .client,
            bytes: ([
                .settings((.maxConcurrentStreams, 100)), .headers(1, .literal(":status", "103")),
                .headers(1, [], isWhole: false), .continuation(1, .okResponse),
            ] + middle + [
                .headers(3, .okResponse + .indexed(62), ends: true), .reset(5, .refusedStream), .goAway(5),
            ]).flatMap(\.bytes)
        ),
    ]

    @Test(arguments: conversations) func `the conversation is right`(_ conversation: Conversation) {
        let whole = conversation.outcome(of: [conversation.bytes])
        #expect(whole.isSound && !whole.isEnded)
        #expect(whole.events.contains("data 1 20") && whole.events.contains("data 1 30"))
        #expect(whole.heads.contains { $0 == ["checksum: 1", "checksum: 1"] })
        #expect(whole.heads.filter { $0.last == "checksum: 1" }.count == 2)
        #expect(whole.output.contains("PING ACK [0, 0, 0, 0, 0, 0, 0, 9]"))
    }

    @Test(arguments: conversations) func `a conversation cut anywhere is the same`(_ conversation: Conversation) {
        let bytes = conversation.bytes
        let whole = conversation.outcome(of: [bytes])
        let different = bytes.indices.filter { index in
            conversation.outcome(of: [Array(bytes[..<index]), Array(bytes[index...])]) != whole
        }
        #expect(different == [])
        #expect(conversation.outcome(of: bytes.map { [$0] }) == whole)
    }

    @Test(arguments: conversations) func `each beginning makes the first events and no error`(
        _ conversation: Conversation
    ) {
        let bytes = conversation.bytes
        let whole = conversation.outcome(of: [bytes])
        let wrong = bytes.indices.filter { index in
            let part = conversation.outcome(of: [Array(bytes[..<index])])
            return part.isEnded || !part.isSound || !whole.events.starts(with: part.events)
        }
        #expect(wrong == [])
    }

    @Test(arguments: conversations, [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xFF] as [UInt8])
    func `a changed byte makes events or an error`(_ conversation: Conversation, _ change: UInt8) {
        let unsound = conversation.bytes.indices.filter { index in
            var bytes = conversation.bytes
            bytes[index] ^= change
            return !conversation.outcome(of: [bytes]).isSound
        }
        #expect(unsound == [])
    }

    @Test(arguments: conversations)
    func `a byte left out or put in makes events or an error`(_ conversation: Conversation) {
        let unsound = conversation.bytes.indices.filter { index in
            var (shorter, longer) = (conversation.bytes, conversation.bytes)
            longer.insert(shorter.remove(at: index), at: index)
            longer.insert(0, at: index)
            return !conversation.outcome(of: [shorter]).isSound || !conversation.outcome(of: [longer]).isSound
        }
        #expect(unsound == [])
    }

    // MARK: Random frames

    private func frame(_ random: inout SeededRandom) -> HTTP2RawFrame {
        let stream = UInt32.random(in: 0...24, using: &random)
        let odd = stream | 1
        let blocks: [[UInt8]] = [.getRequest, .postRequest, .okResponse, .someTrailers, .literal("A", ""), []]
        let block = blocks[Int.random(in: 0..<blocks.count, using: &random)]
        let isEnd = Bool.random(using: &random)
        switch Int.random(in: 0..<14, using: &random) {
        case 0...3: return .headers(odd, block, ends: isEnd)
        case 4...6: return .data(odd, Int.random(in: 0...300, using: &random), ends: isEnd)
        case 7:
            return .padded(odd, Int.random(in: 0...9, using: &random), padding: .random(in: 0...255, using: &random))
        case 8: return .reset(odd)
        case 9:
            return .windowUpdate(stream == 0 ? 0 : odd, .random(in: 0...0x7FFF_FFFF >> (stream % 31), using: &random))
        case 10: return .settings((.initialWindowSize, .random(in: 0...0x7FFF_FFFF >> (stream % 31), using: &random)))
        case 11: return .headers(odd, block, ends: isEnd, isWhole: false)
        case 12: return .continuation(odd, block, isWhole: isEnd)
        default:
            let count = Int.random(in: 0...20, using: &random)
            let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let kind = UInt8.random(in: 0...11, using: &random)
            return HTTP2RawFrame(kind: kind, flags: .random(in: 0...255, using: &random), stream: stream, payload)
        }
    }

    /// What its owner may do at any time.
    private func act(on machine: inout HTTP2Machine, _ random: inout SeededRandom) {
        let stream = UInt32.random(in: 0...24, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: machine.connection.consumed(Int.random(in: 0...500, using: &random), of: stream)
        case 1: machine.send(stream, .okResponse, ends: Bool.random(using: &random))
        case 2:
            let most = min(machine.connection.sendable(stream), 500)
            guard most > 0 else { return }
            machine.send(stream, count: Int.random(in: 0...most, using: &random))
        case 3: machine.connection.reset(stream, .cancel)
        case 4 where machine.connection.lastStream < 23: _ = machine.connection.openStream()
        case 5 where stream == 0: machine.connection.goAway(isFinal: true)
        default: machine.pass(.milliseconds(20))
        }
    }

    @Test(arguments: [HTTP2Connection.Role.server, .client], 1...2 as ClosedRange<UInt64>)
    func `random frames never trap`(_ role: HTTP2Connection.Role, _ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var limits = HTTP2Connection.Limits()
        limits.concurrentStreams = 4
        limits.streamWindow = 2_000
        var machine = HTTP2Machine(role, limits)
        var (ends, mostStreams, unsound) = (0, 0, 0)
        for _ in 0..<5_000 {
            let events = machine.receive(frame(&random))
            act(on: &machine, &random)
            mostStreams = max(mostStreams, machine.connection.streamCount)
            let isWrong = machine.connection.isEnded != events.contains { $0.hasPrefix("fault") }
            unsound += isWrong || machine.takeOutput().contains { $0.kind == .max } ? 1 : 0
            if machine.connection.isEnded {
                ends += 1
                machine = HTTP2Machine(role, limits)
            }
        }
        #expect(ends > 50)
        #expect(unsound == 0)
        #expect(role == .client || (3...4).contains(mostStreams))
    }
}
