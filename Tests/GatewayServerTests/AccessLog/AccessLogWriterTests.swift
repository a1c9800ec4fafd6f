import GatewayKit
import GatewayServer
import Logging
import NIOCore
import Testing

struct AccessLogWriterTests {
    /// Writes nothing of itself within the time of a test: only when it is flushed, or has a full batch.
    private static func writer(
        _ sink: ScriptedSink,
        capacity: Int = 1 << 20,
        linger: Duration = .seconds(3_600)
    ) -> AccessLogWriter {
        AccessLogWriter(
            sink,
            formatter: AccessLogFormatter(.logfmt),
            capacity: ByteCount(capacity),
            linger: linger,
            time: TimeSource(now: { AccessLogExample.time }, uptime: { .now() }),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    private static func line(_ number: Int) -> ByteBuffer {
        ByteBuffer(string: "line=\(number)\n")
    }

    private static func gap(_ lines: Int) -> String {
        "time=2026-10-18T12:34:56.789Z dropped=\(lines)\n"
    }

    // MARK: Batches

    @Test func `a flush writes everything, in order`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink)
        for number in 0..<1_000 {
            writer.write(Self.line(number))
        }
        writer.flush()
        #expect(sink.text == (0..<1_000).map { "line=\($0)\n" }.joined())
        #expect(writer.dropped == 0)
    }

    @Test func `many lines are one write`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink)
        for number in 0..<100 {
            writer.write(Self.line(number))
        }
        writer.flush()
        #expect(sink.calls == 1)
    }

    @Test func `a sink that takes little at a time gets all of it`() {
        let sink = ScriptedSink(most: 3)
        let writer = Self.writer(sink)
        writer.write(Self.line(1))
        writer.write(Self.line(2))
        writer.flush()
        #expect(sink.text == "line=1\nline=2\n")
    }

    @Test func `a line is written without a flush`() {
        let sink = ScriptedSink(isGated: true)
        let writer = Self.writer(sink, linger: .zero)
        writer.write(Self.line(1))
        sink.waitForCall()
        sink.open()
        writer.stop()
        #expect(sink.text == "line=1\n")
    }

    @Test func `a full batch is written without waiting for its time`() {
        let sink = ScriptedSink(isGated: true)
        let writer = Self.writer(sink)
        writer.write(ByteBuffer(repeating: 0x61, count: 64 * 1024))
        sink.waitForCall()
        sink.open()
        writer.flush()
        #expect(sink.calls == 1)
    }

    @Test func `a flush of nothing writes nothing`() {
        let sink = ScriptedSink()
        #expect(Self.writer(sink).flush())
        #expect(sink.calls == 0)
    }

    // MARK: A sink that blocks

    @Test func `while the sink blocks, a caller goes on, and lines beyond the capacity are dropped and counted`() {
        let sink = ScriptedSink(isGated: true)
        // Seven bytes a line: one under way, two waiting.
        let writer = Self.writer(sink, capacity: 21, linger: .zero)
        writer.write(Self.line(1))
        sink.waitForCall()
        for number in 2..<10 {
            writer.write(Self.line(number))
        }
        #expect(writer.dropped == 6)
        sink.open()
        writer.flush()
        #expect(sink.text == "line=1\nline=2\nline=3\n" + Self.gap(6))
    }

    @Test func `after a gap lines are written again, and the gap is told once`() {
        let sink = ScriptedSink(isGated: true)
        let writer = Self.writer(sink, capacity: 14, linger: .zero)
        writer.write(Self.line(1))
        sink.waitForCall()
        writer.write(Self.line(2))
        writer.write(Self.line(3))
        sink.open()
        writer.flush()
        writer.write(Self.line(4))
        writer.flush()
        #expect(sink.text == "line=1\nline=2\n" + Self.gap(1) + "line=4\n")
    }

    @Test func `a flush gives up on a sink that blocks`() {
        let sink = ScriptedSink(isGated: true)
        let writer = Self.writer(sink)
        writer.write(Self.line(1))
        #expect(!writer.flush(within: .zero))
        sink.open()
        #expect(writer.flush())
    }

    @Test func `a line longer than the queue is a gap`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink, capacity: 14)
        writer.write(ByteBuffer(string: "line=123456789\n"))
        writer.flush()
        #expect(sink.text == Self.gap(1))
    }

    @Test func `lines of several threads are all written, each whole`() async {
        let sink = ScriptedSink()
        let writer = Self.writer(sink, linger: .zero)
        await withTaskGroup(of: Void.self) { group in
            for first in [0, 1_000, 2_000, 3_000] {
                group.addTask {
                    for number in first..<first + 1_000 {
                        writer.write(Self.line(number))
                    }
                }
            }
        }
        writer.flush()
        let lines = sink.text.split(separator: "\n").map(String.init)
        #expect(lines.count == 4_000)
        #expect(Set(lines) == Set((0..<4_000).map { "line=\($0)" }))
    }

    // MARK: A sink that fails

    @Test func `lines that a failing sink does not take are a gap`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink)
        sink.allow(0)
        writer.write(Self.line(1))
        writer.write(Self.line(2))
        writer.flush()
        #expect(writer.dropped == 2)
        sink.allow(nil)
        writer.write(Self.line(3))
        writer.flush()
        #expect(sink.text == "line=3\n" + Self.gap(2))
    }

    @Test func `a line that was cut off is ended before the next one`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink)
        sink.allow(10)
        for number in 1...3 {
            writer.write(Self.line(number))
        }
        writer.flush()
        sink.allow(nil)
        writer.write(Self.line(4))
        writer.flush()
        #expect(sink.text == "line=1\nlin\nline=4\n" + Self.gap(2))
    }

    @Test func `a gap that could not be told is told later, with what was lost since`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink)
        for number in 1...3 {
            sink.allow(0)
            writer.write(Self.line(number))
            writer.flush()
        }
        sink.allow(nil)
        writer.flush()
        #expect(sink.text == Self.gap(3))
        #expect(writer.dropped == 3)
    }

    // MARK: The end

    @Test func `a stop writes everything and finishes the sink`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink)
        writer.write(Self.line(1))
        #expect(writer.stop())
        #expect(sink.text == "line=1\n")
        #expect(sink.isFinished)
    }

    @Test func `after a stop nothing is taken or reopened any more`() {
        let sink = ScriptedSink()
        let writer = Self.writer(sink)
        writer.stop()
        writer.write(Self.line(1))
        writer.reopen()
        #expect(writer.flush() && writer.stop())
        #expect(sink.text.isEmpty && sink.reopened == 0)
    }
}
