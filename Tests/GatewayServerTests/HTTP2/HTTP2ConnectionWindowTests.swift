import GatewayServer
import NIOCore
import Testing

/// RFC 9113 §5.2, §6.9: what may be sent, and what room the peer gets back.
struct HTTP2ConnectionWindowTests {
    /// A server with small windows, stream 1 open.
    private func server(stream: Int = 1000, connection: Int = 65_535, peerWindow: UInt32? = nil) -> HTTP2Machine {
        var limits = HTTP2Connection.Limits()
        limits.streamWindow = stream
        limits.connectionWindow = connection
        var machine = HTTP2Machine(.server, limits, peer: .settings((.initialWindowSize, peerWindow ?? 65_535)))
        _ = machine.receive(.post(1))
        return machine
    }

    // MARK: Sending

    @Test func `at first a frame of the smallest limit may be sent, and nothing where no stream is`() {
        let machine = server()
        #expect(machine.connection.sendable(1) == 16_384)
        #expect([0, 2, 3].map { machine.connection.sendable($0) } == [0, 0, 0])
    }

    @Test func `larger frames may be sent when the peer takes them, as far as the windows go`() {
        var machine = server(peerWindow: 1_000_000)
        _ = machine.receive(.settings((.maxFrameSize, 16_777_215)))
        #expect(machine.connection.sendable(1) == 65_535)
        _ = machine.receive(.windowUpdate(0, 10_000_000))
        #expect(machine.connection.sendable(1) == 1_000_000)
    }

    @Test func `what is sent is taken off the stream's window, and an update puts it back`() {
        var machine = server(peerWindow: 100)
        machine.send(1, count: 40)
        #expect(machine.connection.sendable(1) == 60)
        #expect(machine.receive(.windowUpdate(1, 5)) == ["window 1"])
        #expect(machine.connection.sendable(1) == 65)
        machine.send(1, count: 65, ends: true)
        #expect(machine.takeTexts() == ["DATA 1 40", "DATA 1 65 end"])
    }

    @Test func `the connection's window bounds all streams`() {
        var machine = server(peerWindow: 1_000_000)
        _ = machine.receive(.post(3))
        for count in [16_384, 16_384, 16_384, 16_383] {
            machine.send(1, count: count)
        }
        #expect([1, 3].map { machine.connection.sendable($0) } == [0, 0])
        #expect(machine.receive(.windowUpdate(1, 9)) == ["window 1"])
        #expect(machine.connection.sendable(1) == 0)
        #expect(machine.receive(.windowUpdate(0, 10)) == ["window 0"])
        #expect([1, 3].map { machine.connection.sendable($0) } == [10, 10])
        machine.send(3, count: 10)
        #expect([1, 3].map { machine.connection.sendable($0) } == [0, 0])
    }

    @Test func `new settings change the windows of open streams, also below zero, and not the connection's`() {
        var machine = server(peerWindow: 100)
        machine.send(1, count: 40)
        #expect(machine.receive(.settings((.initialWindowSize, 200))) == ["settings"])
        #expect(machine.connection.sendable(1) == 160)
        #expect(machine.receive(.settings((.initialWindowSize, 0))) == ["settings"])
        #expect(machine.connection.sendable(1) == 0)
        #expect(machine.receive(.windowUpdate(1, 40)) == ["window 1"])
        #expect(machine.connection.sendable(1) == 0)
        #expect(machine.receive(.windowUpdate(1, 1), .post(3)) == ["window 1", "headers 3"])
        #expect([1, 3].map { machine.connection.sendable($0) } == [1, 0])
        #expect(machine.receive(.settings((.initialWindowSize, 0x7FFF_FFFF - 1))) == ["settings"])
        #expect(machine.connection.sendable(1) == 16_384)
        #expect(machine.receive(.settings((.initialWindowSize, 0x7FFF_FFFF))) == ["fault 3"])
    }

    @Test func `a window that is below zero may get as large as any`() {
        var machine = server(peerWindow: 100)
        machine.send(1, count: 100)
        #expect(machine.receive(.settings((.initialWindowSize, 0)), .windowUpdate(1, 0x7FFF_FFFF)).last == "window 1")
        #expect(machine.receive(.windowUpdate(1, 100)) == ["window 1"])
        #expect(machine.receive(.windowUpdate(1, 1)) == ["streamFault 1 3"])
    }

    @Test func `a stream may be ended without a window`() {
        var machine = server(peerWindow: 0)
        #expect(machine.connection.sendable(1) == 0)
        machine.send(1, .okResponse)
        machine.send(1, count: 0, ends: true)
        #expect(machine.takeTexts() == ["HEADERS 1", "DATA 1 0 end"])
    }

    @Test func `the upgraded stream has the window of the HTTP2-Settings field`() throws {
        var machine = HTTP2Machine(fresh: .server)
        try machine.connection.apply(ByteBuffer(bytes: [0, 4, 0, 0, 0, 77]))
        machine.connection.adoptUpgradedStream()
        #expect(machine.connection.sendable(1) == 77)
        _ = machine.read(.preface + HTTP2RawFrame.settings((.initialWindowSize, 80)).bytes)
        #expect(machine.connection.sendable(1) == 80)
    }

    // MARK: Room for the peer's streams

    @Test func `a stream's room is given back when half of it was consumed`() {
        var machine = server()
        #expect(machine.receive(.data(1, 600)) == ["data 1 600"])
        machine.connection.consumed(499, of: 1)
        #expect(machine.takeTexts() == [])
        machine.connection.consumed(1, of: 1)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 1 500"])
        machine.connection.consumed(1000, of: 1)
        #expect(machine.receive(.data(1, 900)) == ["data 1 900"])
        #expect(machine.takeTexts() == [])
        #expect(machine.receive(.data(1, 1)) == ["streamFault 1 3"])
    }

    @Test func `no room is given back to a stream that the peer has ended`() {
        var machine = server()
        _ = machine.receive(.data(1, 900, ends: true))
        machine.connection.consumed(900, of: 1)
        #expect(machine.takeTexts() == [])
    }

    @Test func `a stream's window may be filled, and not by one byte more`() {
        var machine = server()
        #expect(machine.receive(.data(1, 1000), .data(1, 0)) == ["data 1 1000", "data 1 0"])
        #expect(machine.receive(.data(1, 1)) == ["streamFault 1 3"])
        #expect(machine.takeTexts() == ["RST_STREAM 1 3"])
    }

    @Test func `padding counts, and needs not be consumed`() {
        var machine = server()
        for _ in 0..<5 {
            #expect(machine.receive(.padded(1, 100, padding: 59)) == ["data 1 100"])
        }
        machine.connection.consumed(199, of: 1)
        #expect(machine.takeTexts() == [])
        machine.connection.consumed(1, of: 1)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 1 500"])
        #expect(machine.receive(.padded(1, 200, padding: 255)) == ["data 1 200"])
        #expect(machine.receive(.data(1, 245)) == ["streamFault 1 3"])
    }

    // MARK: Room of the connection

    @Test func `the connection's room is given back by halves as it is consumed`() {
        var machine = server(stream: 1 << 20, connection: 1 << 20)
        for _ in 0..<32 {
            _ = machine.receive(.data(1, 16_384))
        }
        machine.connection.consumed(512 * 1024 - 1, of: 1)
        #expect(machine.takeTexts() == [])
        machine.connection.consumed(1, of: 1)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 \(512 * 1024)", "WINDOW_UPDATE 1 \(512 * 1024)"])
    }

    @Test func `what streams that do not read hold leaves the rest of the room to the others`() {
        var machine = server(stream: 60_000)
        #expect(machine.receive(.data(1, 16_384), .data(1, 16_384), .data(1, 16_384)).count == 3)
        _ = machine.receive(.post(3))
        for _ in 0..<10 {
            #expect(machine.receive(.data(3, 8_000)) == ["data 3 8000"])
            machine.connection.consumed(8_000, of: 3)
        }
        // All but the last pieces came back.
        let room = machine.takeOutput().filter { $0.kind == 8 && $0.stream == 0 }.reduce(0) { $0 + $1.number(at: 0) }
        #expect((72_000...80_000).contains(room))
        #expect(machine.receive(.data(3, 8_000), .data(3, 8_384)) == ["data 3 8000", "fault 3"])
    }

    /// A client whose whole window lies unread of stream 1, which has ended; stream 3 is open.
    private func ended() -> HTTP2Machine {
        var limits = HTTP2Connection.Limits()
        (limits.streamWindow, limits.connectionWindow) = (1_000_000, 65_535)
        var machine = HTTP2Machine(.client, limits)
        for stream: UInt32 in [1, 3] {
            #expect(machine.connection.openStream() == stream)
            machine.send(stream, .getRequest, ends: true)
            _ = machine.receive(.headers(stream, .okResponse))
        }
        for count in [16_384, 16_384, 16_384] {
            _ = machine.receive(.data(1, count))
        }
        #expect(machine.receive(.data(1, 16_383, ends: true)) == ["data 1 16383 end"])
        _ = machine.takeOutput()
        return machine
    }

    @Test func `what lies unread of a stream that has ended still counts`() {
        var machine = ended()
        #expect(machine.connection.streamCount == 1)
        #expect(machine.receive(.data(3, 1)) == ["fault 3"])
    }

    @Test func `the room comes when the rest of a stream that has ended is consumed`() {
        var machine = ended()
        machine.connection.consumed(65_534, of: 1)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 65534"])
        machine.connection.consumed(5, of: 1)
        machine.connection.consumed(1, of: 1)
        machine.connection.reset(1, .cancel)
        #expect(machine.takeTexts() == [])
    }

    @Test func `the room comes when a stream that has ended is dropped`() {
        var machine = ended()
        machine.connection.reset(1, .cancel)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 65535"])
        machine.connection.consumed(100, of: 1)
        #expect(machine.takeTexts() == [])
    }

    /// A server with 65,535 bytes unread on stream 1.
    private func full() -> HTTP2Machine {
        var machine = server(stream: 100_000)
        for count in [16_384, 16_384, 16_384, 16_383] {
            #expect(machine.receive(.data(1, count)) == ["data 1 \(count)"])
        }
        #expect(machine.takeTexts() == [])
        return machine
    }

    @Test func `with all of it unread the connection gets no more room, and its end is an error`() {
        var machine = full()
        #expect(machine.receive(.post(3), .data(3, 0), .data(3, 1)) == ["headers 3", "data 3 0", "fault 3"])
        #expect(machine.takeTexts() == ["GOAWAY 3 3"])
    }

    @Test func `the room comes at once when none is left`() {
        var machine = full()
        machine.connection.consumed(1, of: 1)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 1"])
        machine.connection.consumed(100, of: 1)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 100"])
        machine.connection.consumed(50, of: 1)
        #expect(machine.takeTexts() == [])
    }

    @Test func `the room comes when the stream is reset here`() {
        var machine = full()
        machine.connection.reset(1, .cancel)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 65535", "RST_STREAM 1 8"])
    }

    @Test func `the room comes when the stream is reset by the peer`() {
        var machine = full()
        #expect(machine.receive(.reset(1)) == ["reset 1 8"])
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 65535"])
    }

    @Test func `the room comes when the stream has an error`() {
        var machine = full()
        #expect(machine.receive(.windowUpdate(1, 0)) == ["streamFault 1 1"])
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 65535", "RST_STREAM 1 1"])
    }

    @Test func `DATA that no stream takes counts for the connection, and comes back`() {
        var machine = server()
        machine.connection.reset(1, .cancel)
        _ = machine.receive(.get(3), .post(5), .reset(5))
        _ = machine.takeOutput()
        #expect(machine.receive(.data(1, 16_000), .data(1, 200), .padded(1, 100, padding: 99)) == [])
        #expect(machine.takeTexts() == [])
        // Half closed, closed by the peer, and above a stream's window.
        #expect(machine.receive(.data(3, 16_000), .data(5, 300), .post(7)) == ["streamFault 3 5", "headers 7"])
        #expect(machine.takeTexts() == ["RST_STREAM 3 5", "RST_STREAM 5 5"])
        #expect(machine.receive(.data(7, 1001)) == ["streamFault 7 3"])
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 0 33701", "RST_STREAM 7 3"])
    }

    @Test(arguments: 1...8) func `no room is ever lost`(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var machine = server(stream: 50_000, connection: 100_000)
        var (room, sent, next) = (100_000, 0, UInt32(3))
        var rooms: [UInt32: Int] = [1: 50_000]
        var owed: [UInt32: Int] = [:]
        for _ in 0..<4_000 {
            machine.pass(.milliseconds(50))
            let stream = UInt32.random(in: 0...(next / 2), using: &random) | 1
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                _ = machine.receive(.post(next))
                rooms[next] = 50_000
                next += 2
            case 1: _ = machine.receive(.data(stream, 0, ends: true))
            case 2: _ = machine.receive(.reset(stream))
            case 3: machine.connection.reset(stream, .cancel)
            case 4: machine.send(stream, .okResponse, ends: true)
            case 5...10:
                machine.connection.consumed(owed[stream, default: 0] / 2 + 1, of: stream)
                owed[stream, default: 0] /= 2
            default:
                let padding = UInt8.random(in: 0...255, using: &random)
                let most = min(room, rooms[stream, default: 0], 16_384) - Int(padding) - 1
                guard most >= 0 else { continue }
                let frame = HTTP2RawFrame.padded(stream, Int.random(in: 0...most, using: &random), padding: padding)
                (room, sent) = (room - frame.payload.count, sent + frame.payload.count)
                rooms[stream, default: 0] -= frame.payload.count
                let events = machine.receive(frame)
                if events.first?.hasPrefix("data") == true { owed[stream, default: 0] += frame.payload.count }
            }
            for frame in machine.takeOutput() where frame.kind == 8 {
                if frame.stream == 0 {
                    room += Int(frame.number(at: 0))
                } else {
                    rooms[frame.stream]? += Int(frame.number(at: 0))
                }
            }
            guard !machine.connection.isEnded else { break }
        }
        for stream in stride(from: 1, to: next, by: 2) {
            machine.connection.reset(stream, .cancel)
        }
        for frame in machine.takeOutput() where frame.kind == 8 && frame.stream == 0 {
            room += Int(frame.number(at: 0))
        }
        #expect(!machine.connection.isEnded)
        #expect(sent > 1_000_000)
        #expect(room > 50_000 && room <= 100_000)
    }
}
