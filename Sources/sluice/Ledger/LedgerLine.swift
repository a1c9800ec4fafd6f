package import GatewayKit

/// A row of the ledger as it is exported: a line of CSV (RFC 4180) or of JSON.
package struct LedgerLine: Encodable, Sendable {
    let chain: String
    let position: Int64
    let time: String
    let kind: String
    /// Millisatoshi.
    let amount: UInt64
    let payment: String
    let service: String
    let route: String
    let quote: String?
    let credential: String?
    let detail: String
    let hash: String

    private enum CodingKeys: String, CodingKey {
        case chain, position, time, kind, payment, service, route, quote, credential, detail, hash
        case amount = "amount_msat"
    }

    /// `nil` for a row that cannot be read.
    package init?(_ row: LedgerRow) {
        guard let entry = row.entry else { return nil }
        chain = row.chain
        position = row.position
        time = entry.time.calendarText
        kind = entry.kind.rawValue
        amount = entry.amount.millisatoshis
        payment = entry.payment.description
        service = entry.service
        route = entry.route
        quote = entry.quote?.description
        credential = entry.credential?.description
        detail = entry.detail
        hash = row.hash.hex
    }

    package static let csvHead =
        "chain,position,time,kind,amount_msat,payment,service,route,quote,credential,detail,hash"

    package var csv: String {
        [
            chain, "\(position)", time, kind, "\(amount)", payment, service, route, quote ?? "", credential ?? "",
            detail, hash,
        ].map(Self.cell).joined(separator: ",")
    }

    private static func cell(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }
}
