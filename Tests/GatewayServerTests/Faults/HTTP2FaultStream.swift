import GatewayServer
import NIOCore

/// One side of a stream of a run: what is still to be sent, and what has come.
struct HTTP2FaultStream {
    let run: FaultRun
    let index: Int
    var rest: ByteBuffer
    var sent = 0
    /// Resets the stream once so much of the body is sent.
    var resetsAfter: Int?
    var hasTrailers = false
    var isSent = false
    var status: Int?
    var body = ByteBuffer()

    /// Sends what the windows allow.
    ///
    /// - Returns: false when the stream was reset.
    mutating func send(_ id: UInt32, on machine: inout HTTP2Connection) -> Bool {
        while !isSent {
            if let resetsAfter, sent >= resetsAfter {
                machine.reset(id, .internalError)
                return false
            }
            let count = min(rest.readableBytes, machine.sendable(id), resetsAfter.map { $0 - sent } ?? .max)
            guard count > 0 || rest.readableBytes == 0 else { return true }
            if let part = rest.readSlice(length: count) {
                let isLast = rest.readableBytes == 0 && resetsAfter == nil
                machine.writeDataHeader(id, count: count, endsStream: isLast && !hasTrailers)
                machine.output.writeImmutableBuffer(part)
                sent += count
                guard isLast else { continue }
                isSent = true
                if hasTrailers {
                    machine.writeHeaders(id, endsStream: true) { $0.writeBytes([UInt8].literal("x-sum", "1")) }
                }
            }
        }
        return true
    }
}
