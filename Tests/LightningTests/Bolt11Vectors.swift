import Foundation
import Testing

/// The examples of BOLT 11, with what an independent decoder found in them.
struct Bolt11Vectors: Decodable {
    struct Valid: Decodable, CustomTestStringConvertible {
        struct Contents: Decodable {
            let paymentHash: String
            let description: String?
            let descriptionHash: String?
            let timestamp: Int64
            let expiryS: Int64
            let minFinalCltv: UInt64
            let payee: String
            let paymentSecret: String
        }

        let title: String
        let invoice: String
        let networkPrefix: String
        let amountMsat: UInt64?
        let signingPubkey: String?
        let outsideDecoder: Contents
        let signatureRsHex: String?
        let recoveryFlag: UInt8?

        var testDescription: String { title }
    }

    struct Invalid: Decodable, CustomTestStringConvertible {
        let title: String
        let invoice: String

        var testDescription: String { title }
    }

    let privKey: String
    let valid: [Valid]
    let invalid: [Invalid]

    /// Empty where the vectors are missing.
    static let all: Bolt11Vectors = {
        guard let json = try? Data(contentsOf: SharedVectors.bolt11) else {
            return Bolt11Vectors(privKey: "", valid: [], invalid: [])
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Self.self, from: json)
        } catch {
            fatalError("the vectors cannot be read: \(error)")
        }
    }()

    static func valid(_ part: String) -> Valid {
        guard let vector = all.valid.first(where: { $0.title.contains(part) }) else {
            fatalError("no vector about '\(part)'")
        }
        return vector
    }
}
