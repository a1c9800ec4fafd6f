/// What became of a request that was let through, as far as the gateway has seen it.
public struct MeteredUsage: Sendable, Hashable {
    public let reservation: MeterReservation
    /// What came of the upstream.
    public var response: Response

    public struct Response: Sendable, Hashable {
        /// `nil`: no response of the upstream. Of one that only says that a call of gRPC was refused: 500.
        public var status: Int?
        public var contentType: String?
        /// `nil` or `identity`: the excerpts can be read.
        public var contentEncoding: String?
        /// The whole response went to the client.
        public var isComplete = false
        /// Of the body, as it went to the client.
        public var byteCount: UInt64 = 0
        /// The first bytes of the body, at most ``UsageExcerpt/headLimit``.
        public var head: [UInt8] = []
        /// The last bytes of the body, at most `usage-tail`; may begin among those of `head`.
        public var tail: [UInt8] = []

        /// Nothing came, or nobody knows what did.
        public init() {}

        /// False when the upstream has compressed it, although it was asked not to.
        public var isReadable: Bool {
            contentEncoding.map { $0.isEmpty || $0.lowercased() == "identity" } ?? true
        }
    }

    public init(_ reservation: MeterReservation, _ response: Response = Response()) {
        self.reservation = reservation
        self.response = response
    }
}
