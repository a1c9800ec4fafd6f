import NIOCore

/// The bodies of the runs: pieces of the same random bytes, so that each is known by who sent it and when.
enum FaultBody {
    static let most = 200_000
    private static let offsets = 4_096

    private static let bytes: ByteBuffer = {
        var random = SeededRandom(seed: 1)
        var bytes = ByteBuffer()
        while bytes.readableBytes < most + offsets {
            bytes.writeInteger(random.next())
        }
        return bytes
    }()

    static func request(_ run: FaultRun, _ index: Int) -> ByteBuffer {
        piece(at: run.number &* 7 &+ index &* 3, run.request.count)
    }

    static func response(_ run: FaultRun, _ index: Int) -> ByteBuffer {
        run.decision == .replies
            ? ByteBuffer(string: FaultStage.reply) : piece(at: run.number &* 13 &+ index &* 5, run.response.count)
    }

    private static func piece(at offset: Int, _ count: Int) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + offset % offsets, length: count) ?? ByteBuffer()
    }
}

/// A request of a run, as its path says it.
struct FaultPath {
    let number: Int
    let index: Int

    init(number: Int, index: Int) {
        self.number = number
        self.index = index
    }

    init?(_ path: String) {
        let parts = path.split(separator: "/")
        guard parts.count == 3, parts[0] == "run", let number = Int(parts[1]), let index = Int(parts[2]) else {
            return nil
        }
        self.init(number: number, index: index)
    }

    var text: String { "/run/\(number)/\(index)" }
}
