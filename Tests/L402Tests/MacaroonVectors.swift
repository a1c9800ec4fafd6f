import Foundation
import GatewayKit
import L402

/// The vectors of macaroons, as their files hold them. JSON serialisations are not among them: L402 has binary ones
/// only.
enum MacaroonVectors {
    struct Oracle: Decodable {
        struct Entry: Decodable {
            let name: String
            let rootKeyHex: String
            let preimageHex: String
            let paymentHashHex: String
            let tokenIdHex: String
            let location: String
            let identifierHex: String
            let caveats: [String]
            let signatureHex: String
            let v2BinaryHex: String
            let v2Base64Std: String
            let authorization: String
        }

        let macaroons: [Entry]
    }

    struct Go: Decodable {
        struct Whole: Decodable {
            struct Caveat: Decodable {
                let cid: String
                let vidB64Url: String?
                let cl: String?
            }

            let signatureHex: String
            let location: String
            let identifier: String
            let rootKeyUtf8: String
            let caveats: [Caveat]
        }

        struct Encoding: Decodable {
            let about: String
            let binaryHex: String?
            let base64: String?
        }

        let allDecodeTo: Whole
        let decode: [Encoding]
    }

    struct Python: Decodable {
        struct Serialisations: Decodable {
            let location: String
            let identifier: String
            let signatureHex: [String: String]
            let binaryV1: String
            let binaryV1Discharge: String
            let binaryV2: String
            let binaryV2Discharge: String
        }

        struct FirstParty: Decodable {
            let rootKeyUtf8: String
            let location: String
            let identifier: String
            let caveats: [String]
            let signatureHex: String
            let v1Base64Url: String
        }

        let rootKeyUtf8: String
        let goMacaroonSerialisations: Serialisations
        let rootAndFirstParty: [FirstParty]
        let invalidV1Base64Url: [String]
    }

    static func oracle() throws -> [Oracle.Entry] {
        try SharedVectors.load("l402/l402-macaroons-oracle.json", as: Oracle.self).macaroons
    }

    static func go() throws -> Go { try SharedVectors.load("macaroons/go-macaroon.json") }

    static func python() throws -> Python { try SharedVectors.load("macaroons/pymacaroons-go-macaroon.json") }

    /// Every serialised macaroon of the files, version 1 and version 2.
    static func allBytes() throws -> [[UInt8]] {
        let python = try python()
        let go = python.goMacaroonSerialisations
        let texts =
            [go.binaryV1, go.binaryV1Discharge, go.binaryV2, go.binaryV2Discharge]
            + python.rootAndFirstParty.map(\.v1Base64Url) + (try oracle().map(\.v2Base64Std))
            + (try Self.go().decode.compactMap(\.base64))
        return texts.compactMap { Base64.standard.decoded($0) }
    }
}
