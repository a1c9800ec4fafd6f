internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What settles an invoice whose payment is held, and until when it can be paid.
struct HeldPayment: Sendable {
    static let prefix = "mpp/hold/"

    let preimage: Preimage
    let expiresAt: WallTime
    let service: String

    static func key(of payment: PaymentHash) -> String { prefix + payment.description }

    private struct Row: Codable {
        let preimage: String
        let expires: Int64
        let service: String
    }

    init(preimage: Preimage, expiresAt: WallTime, service: String) {
        self.preimage = preimage
        self.expiresAt = expiresAt
        self.service = service
    }

    /// `nil` when the bytes are not what `encoded` made.
    init?(stored bytes: [UInt8]) {
        guard let row = try? JSONDecoder().decode(Row.self, from: Data(bytes)),
            let preimage = Bytes32(hex: row.preimage)
        else { return nil }
        self.init(
            preimage: Preimage(preimage),
            expiresAt: WallTime(milliseconds: row.expires),
            service: row.service
        )
    }

    func encoded() throws -> [UInt8] {
        let row = Row(preimage: preimage.bytes.hex, expires: expiresAt.milliseconds, service: service)
        return Array(try JSONEncoder().encode(row))
    }
}
