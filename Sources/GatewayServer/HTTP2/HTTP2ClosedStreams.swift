/// The streams that were closed last, and whether this side reset them: frames for those may still be on their way.
///
/// Each kind has room of its own, so that streams that end well do not crowd out those whose frames still come.
struct HTTP2ClosedStreams {
    private struct Ring {
        private static let capacity = 128

        private var streams: [UInt32] = []
        private var next = 0

        mutating func insert(_ stream: UInt32) {
            if streams.count < Self.capacity {
                streams.append(stream)
            } else {
                streams[next] = stream
                next = (next + 1) % Self.capacity
            }
        }

        func contains(_ stream: UInt32) -> Bool { streams.contains(stream) }
    }

    private var reset = Ring()
    private var ended = Ring()

    mutating func insert(_ stream: UInt32, wasReset: Bool) {
        if wasReset {
            reset.insert(stream)
        } else {
            ended.insert(stream)
        }
    }

    /// `nil`: not one of the last.
    func wasReset(_ stream: UInt32) -> Bool? {
        reset.contains(stream) ? true : ended.contains(stream) ? false : nil
    }
}
