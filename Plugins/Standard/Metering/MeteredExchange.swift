internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// What is reserved for one exchange, and what is seen of its response. Belongs to its event loop.
final class MeteredExchange: ResponseWatch {
    private let reservation: MeterReservation
    private var excerpt: UsageExcerpt
    private var response = MeteredUsage.Response()
    /// The response is the upstream's.
    private var isWatching = false

    init(_ reservation: MeterReservation, tailLimit: ByteCount) {
        self.reservation = reservation
        excerpt = UsageExcerpt(tailLimit: tailLimit)
    }

    /// - Parameter isUpstreams: false for what the gateway answers itself, in place of what was noted before, too.
    func note(_ head: ResponseHead, isUpstreams: Bool) {
        isWatching = isUpstreams
        guard isUpstreams else {
            response = MeteredUsage.Response()
            return
        }
        let isRefused = head.fields[.grpcStatus].map { $0 != "0" } ?? false
        response.status = isRefused ? 500 : head.status.code
        response.contentType = head.fields[.contentType]
        response.contentEncoding = FieldName("content-encoding").flatMap { head.fields[$0] }
    }

    func passed(_ part: ByteBuffer) {
        if isWatching { excerpt.append(part) }
    }

    /// How it ended.
    func usage(_ outcome: Outcome) -> MeteredUsage {
        guard isWatching else { return MeteredUsage(reservation) }
        response.isComplete = outcome.end == .answered
        response.byteCount = excerpt.byteCount
        response.head = excerpt.head
        response.tail = excerpt.tail
        return MeteredUsage(reservation, response)
    }
}
