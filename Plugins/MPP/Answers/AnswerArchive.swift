package import GatewayKit
package import Logging
internal import NIOCore

/// The answers that may be asked for again, in the store: a restart does not lose them, and other instances give them too.
///
/// Bounded as the shelf is, for each process that writes. Beside each answer stands a small value whose key says when its
/// time ends, so that what is over is found without reading answers.
package actor AnswerArchive {
    private static let answers = "mpp/answer/"
    private static let ends = "mpp/answer-end/"
    private static let capacity = 16_384

    private struct Entry {
        let challenge: String
        let end: WallTime
        let size: Int

        /// In the order of the ends.
        var key: String {
            let digits = String(max(0, end.milliseconds))
            return AnswerArchive.ends + String(repeating: "0", count: max(0, 19 - digits.count)) + digits + "/"
                + challenge
        }
    }

    /// The oldest first; `nil` until the store was asked for what earlier processes left.
    private var entries: CircularBuffer<Entry>?
    private var bytes = 0
    /// Of all bodies together.
    private let room: ByteCount

    package init(room: ByteCount = AnswerShelf.room) {
        self.room = room
    }

    package nonisolated func answer(
        to challenge: String,
        at time: WallTime,
        in store: any Store
    ) async throws -> KeptAnswer? {
        guard let value = try await store.value(for: Self.answers + challenge), let kept = KeptAnswer(value),
            kept.end > time
        else { return nil }
        return kept
    }

    /// Keeps it, unless the store cannot: then the answer is lost with the process.
    package func keep(
        _ kept: KeptAnswer,
        to challenge: String,
        at time: WallTime,
        in store: any Store,
        logger: Logger
    ) async {
        do {
            if entries == nil {
                let earlier = try await earlier(in: store)
                // Another call may have been faster.
                if entries == nil {
                    entries = earlier
                    bytes = earlier.reduce(0) { $0 + $1.size }
                }
            }
            let entry = Entry(challenge: challenge, end: kept.end, size: kept.answer.body.readableBytes)
            // In this order: an answer that nobody would take away again must not be there.
            try await store.setValue(Array("\(entry.size)".utf8), for: entry.key)
            try await store.setValue(kept.bytes, for: Self.answers + challenge)
            entries?.append(entry)
            bytes += entry.size
            while let oldest = entries?.first, isTooMuch || oldest.end <= time {
                entries?.removeFirst()
                bytes -= oldest.size
                try await store.setValue(nil, for: Self.answers + oldest.challenge)
                try await store.setValue(nil, for: oldest.key)
            }
        } catch {
            logger.warning(
                "an answer that may be asked for again outlives no restart",
                metadata: ["reason": "\(error)"]
            )
        }
    }

    private var isTooMuch: Bool {
        bytes > room.bytes || entries?.count ?? 0 > Self.capacity
    }

    private func earlier(in store: any Store) async throws -> CircularBuffer<Entry> {
        var entries = CircularBuffer<Entry>()
        for (key, value) in try await store.values(withPrefix: Self.ends) {
            let parts = key.dropFirst(Self.ends.count).split(separator: "/", maxSplits: 1)
            guard parts.count == 2, let end = Int64(parts[0]), let size = Int(String(decoding: value, as: UTF8.self))
            else { continue }
            entries.append(
                Entry(challenge: String(parts[1]), end: WallTime(milliseconds: end), size: max(0, size))
            )
        }
        return entries
    }
}
