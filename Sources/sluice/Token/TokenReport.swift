package import GatewayKit
package import L402

/// What a token says about itself. Holds the token only where that is what was asked for.
package struct TokenReport: Sendable {
    package struct Document: Encodable {
        struct CaveatEntry: Encodable {
            let condition: String
            let value: String
            let meaning: String
        }

        var version: UInt16
        var paymentHash: String
        var tokenID: String
        var generation: UInt32
        var preimage: String
        var validUntil: String?
        var isExpired: Bool
        var caveats: [CaveatEntry]
        var hasUnreadableCaveat: Bool
        var macaroon: String?
        var authorization: String?

        enum CodingKeys: String, CodingKey {
            case version, generation, preimage, caveats, macaroon, authorization
            case paymentHash = "payment_hash"
            case tokenID = "token_id"
            case validUntil = "valid_until"
            case isExpired = "is_expired"
            case hasUnreadableCaveat = "has_unreadable_caveat"
        }
    }

    private let document: Document

    /// - Parameter holdsToken: adds the token itself, with its preimage where that is there.
    package init(_ token: PresentedToken, at time: WallTime, holdsToken: Bool = false) {
        document = Document(
            version: L402Identifier.version,
            paymentHash: token.identifier?.payment.description ?? "",
            tokenID: token.identifier?.tokenID.hex ?? "",
            generation: token.identifier?.generation ?? 0,
            preimage: token.proof.rawValue,
            validUntil: token.end?.calendarText,
            isExpired: token.end.map { $0.seconds <= time.seconds } ?? false,
            caveats: token.restrictions.map {
                .init(condition: $0.condition, value: $0.value, meaning: CaveatMeaning.text(of: $0))
            },
            hasUnreadableCaveat: token.hasUnreadableCaveat,
            macaroon: holdsToken ? token.macaroon.base64 : nil,
            authorization: holdsToken ? token.authorization : nil
        )
    }

    package func json() -> String { JSONOutput.text(document) }

    /// For a terminal: no line end at the end.
    package func text() -> String {
        var rows = [
            ["version", "\(document.version)"],
            ["payment hash", document.paymentHash],
            ["token id", document.tokenID],
            ["generation", "\(document.generation)"],
            ["preimage", document.preimage],
            ["valid until", (document.validUntil ?? "for good") + (document.isExpired ? " (expired)" : "")],
        ]
        rows += document.caveats.map { ["caveat", "\($0.condition)=\($0.value)", $0.meaning] }
        if document.hasUnreadableCaveat {
            rows.append(["caveat", "(not text, or a third party's)", "nothing here can fulfil it"])
        }
        let table = TextTable.text(rows)
        guard let token = document.authorization ?? document.macaroon else { return table }
        return "\(table)\n\n\(token)"
    }
}
