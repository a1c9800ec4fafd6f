import GatewayKit
import HTTPTypes
import NIOCore
import Testing

struct EventSplitterTests {
    /// A stream's pieces, however it is cut: what they are, and whether the bytes are the same.
    struct Pieces: Equatable {
        var texts: [String] = []
        /// Of each piece: `+` begins an event, `|` ends a block, `D` is the last.
        var marks: [String] = []
        var bytes: [UInt8] = []

        init(_ parts: [[UInt8]], limit: ByteCount) {
            var splitter = EventSplitter(limit: limit)
            for part in parts {
                splitter.feed(ByteBuffer(bytes: part))
                while let piece = splitter.next() { note(piece) }
            }
            if let piece = splitter.finish() { note(piece) }
        }

        private mutating func note(_ piece: EventSplitter.Piece) {
            texts.append(String(buffer: piece.bytes))
            marks.append((piece.beginsEvent ? "+" : "") + (piece.isEnd ? "|" : "") + (piece.isDone ? "D" : ""))
            bytes += piece.bytes.readableBytesView
        }
    }

    private static func pieces(_ text: String, limit: ByteCount = .kibibytes(64)) -> Pieces {
        Pieces([Array(text.utf8)], limit: limit)
    }

    static let streams: [String] = [
        "data: 1\n\ndata: 2\n\n",
        "data: 1\r\n\r\ndata: 2\r\n\r\n",
        "data: 1\r\rdata: 2\r\r",
        "data: 1\r\n\ndata: 2\n\rdata: 3\r\r\ndata: 4\n\r\n",
        "\u{FEFF}data: 1\n\n: comment\n\nid: 7\nevent: x\n\ndata\n\ndata:\n\n",
        "event: a\ndata: {\"a\":1}\ndata: {\"b\":2}\nid: 1\nretry: 3\n\n\n\n: ping\n\ndata: [DONE]\n\n",
        "data: \u{1F600}é\n\ndata: not closed\nid: 2",
        "datax: 1\n\ndat\n\n data: 1\n\nDATA: 1\n\n:data: 1\n\n",
        "\n\r\n\r\r\n\n",
        "data: 0123456789012345678901234567890123456789\nid: 0123456789012345678901234567890123456789\n\ndata: 1\n\n",
    ]

    @Test(arguments: [
        (streams[0], ["+|", "+|"]),
        (streams[1], ["+|", "+|"]),
        (streams[2], ["+|", "+|"]),
        (streams[3], ["+|", "+|", "+|", "+|"]),
        (streams[4], ["+|", "|", "|", "+|", "+|"]),
        (streams[5], ["+|", "|", "|", "|", "+|D"]),
        (streams[6], ["+|", "+"]),
        (streams[7], ["|", "|", "|", "|", "|"]),
        (streams[8], ["|", "|", "|", "|", "|"]),
    ])
    func `events are told from what is none`(_ stream: String, _ marks: [String]) {
        #expect(Self.pieces(stream).marks == marks)
    }

    @Test func `each event is a piece`() {
        #expect(
            Self.pieces("data: 1\r\n\r\n: ping\n\nevent: x\ndata: [DONE]\n\n").texts == [
                "data: 1\r\n\r\n", ": ping\n\n", "event: x\ndata: [DONE]\n\n",
            ]
        )
    }

    @Test(arguments: [
        "data: [DONE]\ndata: 1\n\n", "data:  [DONE]\n\n", "data: [DONE] \n\n", "data: [DONE]", "xdata: [DONE]\n\n",
        "data: \"[DONE]\"\n\n",
    ])
    func `what only looks like the last event is not`(_ stream: String) {
        #expect(!Self.pieces(stream).marks.contains { $0.contains("D") })
    }

    @Test(arguments: ["data:[DONE]\n\n", "data: [DONE]\r\n\r\n", "id: 1\ndata: [DONE]\n\n", "\u{FEFF}data: [DONE]\r\r"])
    func `the last event is known in each of its forms`(_ stream: String) {
        #expect(Self.pieces(stream).marks == ["+|D"])
    }

    @Test func `an event that is too long comes in pieces and begins once`() {
        let long = "id: 1\ndata: \(String(repeating: "x", count: 100))\ndata: 2\n\n"
        for limit in 8...40 {
            let pieces = Pieces(Array(long.utf8).map { [$0] }, limit: ByteCount(limit))
            #expect(pieces.marks.count > 1)
            #expect(pieces.marks.filter { $0.contains("+") }.count == 1)
            #expect(pieces.marks.last == "|")
            // No data is out before the piece that says so.
            let begin = pieces.marks.firstIndex { $0.contains("+") } ?? 0
            #expect(!pieces.texts[..<begin].joined().contains("data:"))
        }
    }

    @Test func `a comment that is too long is no event`() {
        let comment = Array(": \(String(repeating: "data: ", count: 100))\n\n".utf8)
        let pieces = Pieces(comment.map { [$0] }, limit: ByteCount(16))
        #expect(pieces.marks.count > 1)
        #expect(!pieces.marks.contains { $0.contains("+") })
    }

    @Test(arguments: streams)
    func `it does not matter where a stream is cut`(_ stream: String) {
        let bytes = Array(stream.utf8)
        let whole = Pieces([bytes], limit: .kibibytes(64))
        #expect(whole.bytes == bytes)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let parts = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                let pieces = Pieces(parts, limit: .kibibytes(64))
                #expect(pieces.bytes == bytes)
                // Only an LF that comes late may stand at the beginning of the next piece.
                #expect(pieces.marks.filter { $0.contains("+") } == whole.marks.filter { $0.contains("+") })
            }
        }
    }

    @Test(arguments: streams, [8, 11, 1_000])
    func `the bytes are the same whatever they are`(_ stream: String, limit: Int) {
        let bytes = Array(stream.utf8)
        for index in bytes.indices {
            let prefix = Array(bytes[...index])
            #expect(Pieces([prefix], limit: ByteCount(limit)).bytes == prefix)
            for flip: UInt8 in [0x01, 0x07, 0x80, 0xFF] {
                var flipped = bytes
                flipped[index] ^= flip
                #expect(Pieces([flipped], limit: ByteCount(limit)).bytes == flipped)
                #expect(Pieces(flipped.map { [$0] }, limit: ByteCount(limit)).bytes == flipped)
            }
        }
    }

    @Test(arguments: [
        ("text/event-stream", true), ("Text/Event-Stream; charset=utf-8", true), ("text/event-stream ;x", true),
        ("text/event-streams", false), ("text/plain", false), ("text/event", false), ("", false),
    ])
    func `a head says whether its body is an event stream`(_ type: String, _ isStream: Bool) {
        #expect(ResponseHead(status: 200, fields: Fields([(.contentType, type)])).isEventStream == isStream)
    }

    @Test func `a head without a type is of no event stream`() {
        #expect(!ResponseHead(status: 200).isEventStream)
        #expect(!ResponseHead(status: 200).isEncoded)
    }

    @Test(arguments: [("gzip", true), ("br, gzip", true), ("identity", false), ("Identity", false), ("", false)])
    func `a head says whether its body is encoded`(_ coding: String, _ isEncoded: Bool) throws {
        let name = try #require(FieldName("Content-Encoding"))
        #expect(ResponseHead(status: 200, fields: Fields([(name, coding)])).isEncoded == isEncoded)
    }
}
