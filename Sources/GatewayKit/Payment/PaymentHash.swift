/// SHA-256 of a preimage: names a Lightning payment (BOLT 11, field `p`). The one key of every ledger.
public struct PaymentHash: Hashable, Sendable {
    public let bytes: Bytes32

    public init(_ bytes: Bytes32) {
        self.bytes = bytes
    }
}

extension PaymentHash: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String { bytes.hex }
}

/// What the payer learns by paying: the proof of payment. Never logged; its description hides it.
public struct Preimage: Hashable, Sendable {
    public let bytes: Bytes32

    public init(_ bytes: Bytes32) {
        self.bytes = bytes
    }
}

extension Preimage: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { "(preimage)" }
    public var debugDescription: String { description }
}

/// Names one credential, whatever its scheme: what is revoked, rate limited and counted.
public struct CredentialID: Hashable, Sendable {
    public let bytes: Bytes32

    public init(_ bytes: Bytes32) {
        self.bytes = bytes
    }
}

extension CredentialID: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String { bytes.hex }
}
