internal import GatewayKit

/// What a parser needs of `MessageLimits`; each connection has several copies.
struct HeadLimits {
    /// The start line and all fields together.
    let head: ByteCount
    let fields: Int
    /// The start line alone.
    let target: ByteCount

    init(_ limits: MessageLimits) {
        head = limits.head
        fields = limits.fields
        target = limits.target
    }
}
