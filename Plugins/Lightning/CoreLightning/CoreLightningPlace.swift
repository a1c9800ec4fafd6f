internal import GatewayKit
internal import NIOConcurrencyHelpers

/// How far a stream of settlements is.
final class CoreLightningPlace: Sendable {
    private let box: NIOLockedValueBox<UInt64?>

    init(_ cursor: SettlementCursor?) {
        box = NIOLockedValueBox(cursor?.position)
    }

    /// The last payment that was told; `nil` until it is known where the node stands.
    var position: UInt64? {
        get { box.withLockedValue { $0 } }
        set { box.withLockedValue { $0 = newValue } }
    }
}
