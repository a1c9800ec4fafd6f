package import GatewayKit
internal import NIOCore

extension MeteredResponse {
    /// Meters the response of an exchange that a session pays for, where its unit is not the whole request.
    ///
    /// Called in `adjust`, for a response that is served.
    package static func meter(
        _ response: ResponseHead,
        of exchange: Exchange,
        _ metered: MeteredSession,
        patience: Patience
    ) {
        switch metered.meter {
        case .request: return
        case .event where !response.isEventStream: return
        case .event where response.isEncoded:
            exchange.addResponseFilter(UncountableEvents())
            return
        case .event, .bytes: break
        }
        let filter = MeteredResponse(
            metered.account,
            by: metered.meter,
            isEventStream: response.isEventStream && !response.isEncoded,
            patience: patience,
            eventLoop: exchange.eventLoop,
            logger: exchange.logger
        )
        exchange.addResponseFilter(filter)
    }
}

/// Cuts a stream of events that cannot be counted, since the upstream has compressed it although it was asked not to.
final class UncountableEvents: ResponseFilter {
    private struct CompressedEvents: Error, CustomStringConvertible {
        let description = "a stream of events that is paid for by the event is compressed: it cannot be counted"
    }

    func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) throws -> Eventually<ByteBuffer> {
        throw CompressedEvents()
    }
}
