import GatewayKit

extension Bytes32 {
    /// Little endian, in the first eight bytes.
    init(number: UInt64) {
        self = .zero
        withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, as: UInt64.self) }
    }
}
