import GatewayKit
import GatewayTesting
import NIOCore

/// A client that may leave in the middle of what is sent to it, as a connection does that breaks while it is written to.
final class LeavingOutlet: ResponseOutlet {
    let record = RecordedOutlet()
    /// Sends until it leaves; `nil`: it stays.
    var patience: Int?
    var leaves: () -> Void = {}

    var isWritable: Bool { record.isWritable }

    func send(_ bytes: ByteBuffer) {
        record.send(bytes)
        guard let patience, bytes.readableBytes > 0 else { return }
        self.patience = patience - 1
        if patience == 1 { leaves() }
    }

    func end(trailers: Fields) { record.end(trailers: trailers) }
    func cut() { record.cut() }
}
