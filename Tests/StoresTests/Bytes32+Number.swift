import GatewayKit

extension Bytes32 {
    /// The same as in StoreCrashChild.
    init(number: UInt64) {
        self = .zero
        withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, as: UInt64.self) }
    }
}
