import GatewayServer
import NIOCore
import Testing

/// The frames that a machine makes of heads.
struct HTTP2ConnectionWritingTests {
    private func server() -> HTTP2Machine {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1), .get(3))
        return machine
    }

    @Test func `only the first block empties the peer's table`() {
        var machine = server()
        machine.send(1, .okResponse)
        machine.send(3, .okResponse, ends: true)
        #expect(machine.takeOutput().map(\.payload) == [[0x20, 0x88], [0x88]])
    }

    @Test(arguments: [16_383, 16_384, 32_767, 40_000])
    func `a block larger than a frame goes on in CONTINUATION`(_ count: Int) {
        var machine = server()
        machine.connection.output.writeBytes(HTTP2RawFrame.ping().bytes)
        let block = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        machine.send(1, block, ends: true)
        machine.connection.writeHeaders(3, endsStream: false) { $0.writeInteger(UInt8(0x88)) }
        let output = machine.takeOutput()
        let parts = output.filter { $0.stream == 1 }
        #expect(parts.flatMap(\.payload) == [0x20] + block)
        #expect(parts.allSatisfy { $0.payload.count <= 16_384 && !$0.payload.isEmpty })
        #expect(parts.count == (count + 1 + 16_383) / 16_384)
        #expect(parts.map(\.kind) == [1] + parts.dropFirst().map { _ in 9 })
        #expect(parts.first?.flags == (parts.count == 1 ? 5 : 1))
        #expect(parts.dropFirst().map(\.flags) == parts.dropFirst().indices.map { $0 == parts.count - 1 ? 4 : 0 })
        #expect(output.first == .ping())
        #expect(output.last == .headers(3, .okResponse))
    }

    @Test func `a block is not split where the peer takes larger frames`() {
        var machine = server()
        _ = machine.receive(.settings((.maxFrameSize, 50_000)))
        machine.send(1, [UInt8](repeating: 0, count: 49_999))
        #expect(machine.takeOutput().last?.payload.count == 50_000)
    }

    @Test func `trailers end a stream after its body`() {
        var machine = server()
        machine.send(1, .okResponse)
        machine.send(1, count: 7)
        machine.send(1, .someTrailers, ends: true)
        machine.send(1, count: 7)
        machine.connection.output.moveWriterIndex(to: machine.connection.output.writerIndex - 7)
        #expect(machine.takeTexts() == ["HEADERS 1", "DATA 1 7", "HEADERS 1 end"])
    }

    @Test func `a reset ends a stream at once, and once`() {
        var machine = server()
        machine.connection.reset(1, .internalError)
        machine.connection.reset(1, .cancel)
        #expect(machine.takeTexts() == ["RST_STREAM 1 2"])
        #expect(machine.connection.streamCount == 1)
    }
}
