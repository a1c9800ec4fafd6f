internal import GRPCPricer
internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension MeteredUsage.Response {
    /// What a gateway reports of a response: its end, of which nobody says where it began.
    init(reported report: Pricesrpc_ReportUsageRequest) {
        self.init(
            status: report.httpStatus,
            type: report.contentType,
            encoding: report.contentEncoding,
            isComplete: report.complete,
            tail: Array(report.responseTail)
        )
    }

    init(reported report: Pricesrpc_SettleSessionRequest) {
        self.init(
            status: report.httpStatus,
            type: report.contentType,
            encoding: report.contentEncoding,
            isComplete: report.complete,
            tail: Array(report.responseTail)
        )
    }

    private init(status: Int32, type: String, encoding: String, isComplete: Bool, tail: [UInt8]) {
        self.init()
        self.status = Int(status)
        contentType = type
        contentEncoding = encoding
        self.isComplete = isComplete
        self.tail = tail
        // Of a document only what certainly stands in its outermost object counts where its beginning is missing. The lines of
        // a stream are whole or no JSON: a part of one in which quotes stand for themselves cannot begin with `data:`.
        let isStream = type.lowercased().hasPrefix("text/event-stream")
        byteCount = UInt64(tail.count) + (isStream || tail.isEmpty ? 0 : 1)
    }
}
