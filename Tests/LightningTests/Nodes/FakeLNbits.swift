import Foundation
import GatewayKit
import Lightning

/// An LNbits (1.6), as far as the gateway asks it: it tells strangers the preimages of what is paid, as LNbits does, and of
/// open invoices where it is told to.
final class FakeLNbits: FakeNode {
    static let invoiceKey = "44bf780f78534a28b7b2a23f1f6c670c"
    static let adminKey = "81a19e7f7eca4323a59edd4b302bb8b7"

    let books: FakeBooks
    let others: FakeBooks
    let faults = FakeFaults()
    let tellsOpenPreimages: Bool
    private let key: String

    init(books: FakeBooks? = nil, key: String = FakeLNbits.invoiceKey, tellsOpenPreimages: Bool = false) throws {
        self.books = try books ?? FakeBooks()
        others = try FakeBooks()
        self.key = key
        self.tellsOpenPreimages = tellsOpenPreimages
    }

    func backend(at port: Int, _ authorities: NodeAuthorities?) throws -> any LightningBackend {
        var settings = LNbitsSettings(node: try settings(at: port, authorities), key: Secret(key))
        settings.poll = .milliseconds(5)
        return LNbits(settings)
    }

    func answer(_ request: FakeHTTP.Request) async -> FakeHTTP.Reaction {
        let key = request.fields["x-api-key"]
        let last = request.path.split(separator: "/").last.map(String.init) ?? ""
        switch (request.method, request.path) {
        case ("GET", _) where Bytes32(hex: last) != nil: return look(PaymentHash(Bytes32(hex: last) ?? .zero), key)
        default: break
        }
        guard key == Self.invoiceKey || key == Self.adminKey else {
            return .answer(404, #"{"detail":"Wallet not found."}"#)
        }
        switch (request.method, request.path) {
        case ("GET", "/api/v1/wallet"):
            return .answer(200, #"{"name":"shop","balance":0\#(key == Self.adminKey ? #","id":"8350ed1d""# : "")}"#)
        case ("GET", "/api/v1/payments"): return list(request.query)
        case ("POST", "/api/v1/payments"):
            let json = request.json
            guard json["out"] as? Bool == false else { return .answer(403, #"{"detail":"Admin key required."}"#) }
            return make(json)
        default: return .answer(404, #"{"detail":"Not Found"}"#)
        }
    }

    // MARK: Calls

    private static func text(of entry: FakeBooks.Entry) -> String {
        let amount = entry.invoice.amount.millisatoshis
        let paid = entry.paidAt ?? 1_700_000_000_000_000
        let date = Date(timeIntervalSince1970: Double(paid / 1_000_000)).ISO8601Format().dropLast()
        let fraction = String(String(paid % 1_000_000 + 1_000_000).dropFirst())
        return """
            {"checking_id":"\(entry.invoice.paymentHash)","payment_hash":"\(entry.invoice.paymentHash)","wallet_id":"8350ed1d",\
            "amount":\(amount),"fee":0,"bolt11":"\(entry.invoice.bolt11)",\
            "status":"\(entry.isPaid ? "success" : "pending")","memo":"tea","expiry":"2026-11-30T10:04:02","webhook":null,\
            "preimage":"\(entry.preimage.bytes.hex)","updated_at":"\(date).\(fraction)+00:00","labels":[],"extra":{}}
            """
    }

    private func make(_ json: [String: Any]) -> FakeHTTP.Reaction {
        guard let amount = json["amount"] as? UInt64, amount > 0, let satoshis = Amount.satoshis(amount),
            json["unit"] as? String == "sat", let memo = json["memo"] as? String, memo.count <= 640,
            let seconds = json["expiry"] as? Int64, let entry = try? books.make(satoshis, memo: memo, seconds: seconds)
        else { return .answer(520, #"{"detail":"Amountless invoices not supported.","status":"failed"}"#) }
        return .answer(201, Self.text(of: entry))
    }

    private func look(_ payment: PaymentHash, _ key: String?) -> FakeHTTP.Reaction {
        guard let entry = books.entry(payment) else {
            return .answer(404, #"{"detail":"Payment does not exist."}"#)
        }
        let preimage = entry.isPaid || tellsOpenPreimages ? #""\#(entry.preimage.bytes.hex)""# : "null"
        let isOwner = key == Self.invoiceKey || key == Self.adminKey
        let details = isOwner ? #","details":\#(Self.text(of: entry))"# : ""
        return .answer(200, #"{"paid":\#(entry.isPaid),"preimage":\#(preimage)\#(details)}"#)
    }

    /// By the last change, the newest first: with `status=success` and `amount[gt]=0` what has arrived.
    private func list(_ query: [String: String]) -> FakeHTTP.Reaction {
        let limit = query["limit"].flatMap { Int($0) } ?? 10
        let offset = query["offset"].flatMap { Int($0) } ?? 0
        let isArrived = query["status"] == "success" && query["amount[gt]"] == "0" && query["sortby"] == "updated_at"
        let page =
            isArrived
            ? books.page(offset: offset, limit: limit) : Array(books.all.dropFirst(offset).prefix(limit))
        return .answer(200, "[\(page.map { Self.text(of: $0) }.joined(separator: ","))]")
    }
}
