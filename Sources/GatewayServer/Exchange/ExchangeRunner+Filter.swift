internal import GatewayKit
internal import HTTPTypes

// A response that goes through a filter.
extension ExchangeRunner {
    /// True while a filter has not answered.
    var holdsResponse: Bool { filtered?.isHeld ?? false }

    /// - Returns: the body that the client is told of.
    func begin(_ filter: any ResponseFilter, of head: ResponseHead, _ body: ResponseBody) -> ResponseBody {
        let length: UInt64?
        switch body {
        case .none(let declared): return .none(declared: filter.keepsLength ? declared : nil)
        case .tunnel: return body
        // A response that is nothing but trailers may not be taken apart (gRPC over HTTP/2, "Responses").
        case .length(0) where head.fields.firstIndex(of: .grpcStatus) != nil: return body
        case .length(let declared): length = declared
        case .unknownLength: length = nil
        }
        guard let exchange else { return body }
        let kept = filter.keepsLength ? length : nil
        filtered = FilteredResponse(filter, length: kept, for: self, logger: exchange.logger)
        return kept.map { .length($0) } ?? .unknownLength
    }

    /// The filter has answered.
    func resumeHeldResponse() {
        lastActivity = worker.now
        front.flush()
        upstream?.resumeReading()
    }

    func cutResponse() {
        perform(driver.filterCut())
    }
}
