import GatewayServer
import NIOCore
import Testing

/// Mistakes that were found in the machine once.
struct HTTP2ConnectionRegressionTests {
    private func server() -> HTTP2Machine {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1))
        return machine
    }

    // MARK: Streams that are not known any more

    /// RFC 9113 §6.8: frames on streams above the last of a GOAWAY may have been on their way.
    static let ignored: [[HTTP2RawFrame]] = [
        [.data(3, 10), .data(3, 10, ends: true)], [.reset(3)], [.windowUpdate(3, 5)],
        [.headers(3, .someTrailers, ends: true)],
    ]

    @Test(arguments: ignored)
    func `frames on a stream that came after the final GOAWAY are ignored`(_ frames: [HTTP2RawFrame]) {
        var machine = server()
        machine.connection.goAway(isFinal: true)
        #expect(machine.receive([.post(3)] + frames) == [])
        #expect(machine.receive(.data(1, 5, ends: true)) == ["data 1 5 end"])
        #expect(machine.takeTexts() == ["GOAWAY 1 0"])
    }

    @Test func `DATA on a stream that came after the final GOAWAY counts for the connection`() {
        var limits = HTTP2Connection.Limits()
        limits.connectionWindow = 65_535
        var machine = HTTP2Machine(.server, limits)
        machine.connection.goAway(isFinal: true)
        #expect(machine.receive(.post(3), .data(3, 16_384), .data(3, 16_384)) == [])
        #expect(machine.takeTexts() == ["GOAWAY 0 0", "WINDOW_UPDATE 0 32768"])
    }

    @Test func `requests after the final GOAWAY are no way to make work for free`() {
        var machine = server()
        machine.connection.goAway(isFinal: true)
        var count = UInt32(0)
        while !machine.connection.isEnded, count < 10_000 {
            _ = machine.receive(.get(2 * count + 3))
            count += 1
        }
        #expect((100..<10_000).contains(count))
    }

    /// The answer was on its way when the stream was reset, and by now 200 others have ended.
    @Test func `a late answer on a stream that was reset long ago is ignored`() {
        var machine = HTTP2Machine(.client)
        let late = machine.connection.openStream() ?? 0
        machine.send(late, .getRequest, ends: true)
        machine.connection.reset(late, .cancel)
        for _ in 0..<200 {
            guard let stream = machine.connection.openStream() else { break }
            machine.send(stream, .getRequest, ends: true)
            _ = machine.receive(.headers(stream, .okResponse, ends: true))
        }
        #expect(machine.receive(.headers(late, .okResponse), .data(late, 5, ends: true)) == [])
        #expect(!machine.connection.isEnded)
    }

    @Test func `late trailers on a stream that was reset long ago are ignored`() {
        var machine = server()
        machine.connection.reset(1, .noError)
        for stream in stride(from: UInt32(3), to: 403, by: 2) {
            _ = machine.receive(.get(stream))
            machine.send(stream, .okResponse, ends: true)
        }
        #expect(machine.receive(.headers(1, .someTrailers, ends: true)) == [])
        #expect(!machine.connection.isEnded)
    }

    @Test func `a stream that was opened and reset before its head was written is not told`() {
        var machine = HTTP2Machine(.client)
        machine.connection.openStream().map { machine.connection.reset($0, .cancel) }
        #expect(machine.takeTexts() == [])
    }

    // MARK: What honest clients do

    /// Go's client tells of each 4 KiB that are read, to stream and connection, when it reads by as much.
    @Test func `a download is free with eight WINDOW_UPDATEs for each full DATA frame`() {
        var machine = server()
        for _ in 0..<5_000 {
            machine.send(1, count: 16_384)
            for _ in 0..<4 {
                _ = machine.receive(.windowUpdate(1, 4_096), .windowUpdate(0, 4_096))
            }
            machine.connection.output.clear()
        }
        #expect(!machine.connection.isEnded)
    }

    /// gRPC measures the bandwidth by a PING after what it gets; servers of gRPC take one for each frame they sent.
    @Test func `a PING for each small DATA frame is free`() {
        var machine = server()
        for _ in 0..<5_000 {
            machine.send(1, count: 100)
            _ = machine.receive(.windowUpdate(1, 100), .windowUpdate(0, 100), .ping())
            machine.connection.output.clear()
        }
        #expect(!machine.connection.isEnded)
    }

    /// 345 points a second are fewer than come back; each wait alone is less than a point's.
    @Test(arguments: [2_900, 4_900, 2_600_000] as [Int64])
    func `what is spent comes back however often the peer sends`(_ microseconds: Int64) {
        var machine = server()
        for _ in 0..<10_000 {
            machine.pass(.microseconds(microseconds))
            _ = machine.receive(HTTP2RawFrame(kind: 0x42))
        }
        #expect(!machine.connection.isEnded)
    }

    // MARK: Windows

    /// What the peer asks for byte by byte is no useful work.
    @Test func `windows of one byte end the connection`() {
        var machine = HTTP2Machine(.server, peer: .settings((.initialWindowSize, 0)))
        _ = machine.receive(.get(1))
        var count = 0
        while !machine.connection.isEnded, count < 20_000 {
            _ = machine.receive(.windowUpdate(1, 1))
            if machine.connection.sendable(1) == 1 { machine.send(1, count: 1) }
            machine.connection.output.clear()
            count += 1
        }
        #expect((500..<20_000).contains(count))
    }

    @Test func `a window that only padding has filled is given back`() {
        var limits = HTTP2Connection.Limits()
        limits.streamWindow = 1_000
        var machine = HTTP2Machine(.server, limits)
        #expect(machine.receive(.post(1), .padded(1, 0, padding: 249), .padded(1, 0, padding: 249)).count == 3)
        #expect(machine.takeTexts() == ["WINDOW_UPDATE 1 500"])
    }

    // MARK: Rules

    /// RFC 9113 §6.5.2.
    @Test func `a server may not announce push`() {
        HTTP2Rule("", .settings((.enablePush, 1)), ends: .protocolError).check(on: HTTP2Machine(.client))
        HTTP2Rule("", .settings((.enablePush, 0)), events: ["settings"], output: ["SETTINGS ACK"])
            .check(on: HTTP2Machine(.client))
    }

    /// RFC 9113 §6.2: two bytes are left for the block, and three are said to be padding.
    @Test func `padding that reaches into the priority is too long`() {
        let frame = HTTP2RawFrame(.headers, flags: 45, stream: 3, [3, 0, 0, 0, 0, 15, 0x82, 0])
        HTTP2Rule("", frame, ends: .protocolError, last: 1).check(on: server())
    }

    @Test func `a header block may have 32 CONTINUATION frames, and no more`() {
        func frames(_ stream: UInt32, count: Int) -> [HTTP2RawFrame] {
            [.headers(stream, .getRequest, isWhole: false)]
                + (1...count).map { .continuation(stream, [], isWhole: $0 == count) }
        }
        var machine = server()
        #expect(machine.receive(frames(3, count: 32)) == ["headers 3"])
        #expect(machine.receive(frames(5, count: 33)) == ["fault 11"])
    }
}
