package import GatewayKit
package import NIOCore

/// How long the client of a gRPC call waits (gRPC over HTTP/2, "Timeout").
package enum GRPCTimeout {
    /// Longer than anybody waits; bounds what is computed with.
    private static let longest: Int64 = 86_400 * 1_000_000_000 * 365

    /// `nil` when the request has no timeout, or one that is malformed: then it is the upstream's to refuse.
    package static func duration(of request: RequestHead) -> TimeAmount? {
        guard request.isGRPC, let index = request.fields.firstIndex(of: .grpcTimeout) else { return nil }
        return request.fields.withValue(at: index, parse)
    }

    /// At most eight digits and a unit.
    private static func parse(_ bytes: UnsafeRawBufferPointer) -> TimeAmount? {
        guard (2...9).contains(bytes.count), let unit = bytes.last else { return nil }
        var value: Int64 = 0
        for byte in bytes.dropLast() {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        let nanoseconds: Int64
        switch unit {
        case UInt8(ascii: "H"): nanoseconds = 3_600_000_000_000
        case UInt8(ascii: "M"): nanoseconds = 60_000_000_000
        case UInt8(ascii: "S"): nanoseconds = 1_000_000_000
        case UInt8(ascii: "m"): nanoseconds = 1_000_000
        case UInt8(ascii: "u"): nanoseconds = 1_000
        case UInt8(ascii: "n"): nanoseconds = 1
        default: return nil
        }
        let (product, isTooLong) = value.multipliedReportingOverflow(by: nanoseconds)
        return .nanoseconds(isTooLong ? longest : min(product, longest))
    }
}
