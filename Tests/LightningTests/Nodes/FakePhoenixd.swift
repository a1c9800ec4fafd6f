import GatewayKit
import Lightning
import NIOConcurrencyHelpers

/// A phoenixd (0.8), as far as the gateway asks it: its answers tell preimages of open invoices, as phoenixd's do.
final class FakePhoenixd: FakeNode {
    let books: FakeBooks
    let others: FakeBooks
    let faults = FakeFaults()
    /// Its limited password may not pay.
    let hasFullAccess: Bool
    private let paysBack: Bool
    private let sent = NIOLockedValueBox<Set<PaymentHash>>([])

    init(books: FakeBooks? = nil, hasFullAccess: Bool = true, paysBack: Bool = true) throws {
        self.books = try books ?? FakeBooks()
        others = try FakeBooks()
        self.hasFullAccess = hasFullAccess
        self.paysBack = paysBack
    }

    func backend(at port: Int, _ authorities: NodeAuthorities?) throws -> any LightningBackend {
        var settings = PhoenixdSettings(node: try settings(at: port, authorities), password: Secret("hunter2"))
        settings.paysBack = paysBack
        settings.poll = .milliseconds(5)
        return Phoenixd(settings)
    }

    func answer(_ request: FakeHTTP.Request) async -> FakeHTTP.Reaction {
        guard request.fields["authorization"] == "Basic " + Base64.standard.encoded("sluice:hunter2") else {
            return .answer(401, "Invalid authentication (use basic auth with the http password set in phoenix.conf)")
        }
        let last = request.path.split(separator: "/").last.flatMap { Bytes32(hex: $0) }.map { PaymentHash($0) }
        switch (request.method, request.path) {
        case ("POST", "/createinvoice"): return make(request.form)
        case ("GET", "/payments/incoming"): return list(request.query)
        case ("POST", "/payinvoice"): return pay(request.form)
        case ("GET", _) where request.path.hasPrefix("/payments/incoming/"):
            guard let last, let entry = books.entry(last) else { return .answer(404, "Not found") }
            return .answer(200, Self.text(of: entry))
        case ("GET", _) where request.path.hasPrefix("/payments/outgoingbyhash/"):
            guard let last else { return .answer(400, "Invalid parameter type") }
            return outgoing(last)
        default: return .answer(404, "Unknown endpoint (check api doc)")
        }
    }

    // MARK: Calls

    private func make(_ form: [String: String]) -> FakeHTTP.Reaction {
        guard let memo = form["description"], memo.utf16.count <= 128 else {
            return .answer(400, "Request parameter description is too long (max 128 characters)")
        }
        guard let amount = form["amountSat"].flatMap({ UInt64($0) }), let satoshis = Amount.satoshis(amount),
            let seconds = form["expirySeconds"].flatMap({ Int64($0) }),
            let entry = try? books.make(satoshis, memo: memo, seconds: seconds)
        else { return .answer(400, "Invalid parameter type") }
        return .answer(
            200,
            """
            {
                "amountSat": \(amount),
                "paymentHash": "\(entry.invoice.paymentHash)",
                "serialized": "\(entry.invoice.bolt11)"
            }
            """
        )
    }

    private static func text(of entry: FakeBooks.Entry) -> String {
        let satoshis = entry.invoice.amount.satoshisRoundedUp
        let completed = entry.paidAt.map { #","completedAt":\#($0 / 1_000)"# } ?? ""
        return """
            {"type":"incoming_payment","subType":"lightning","paymentHash":"\(entry.invoice.paymentHash)",\
            "preimage":"\(entry.preimage.bytes.hex)","description":"tea","invoice":"\(entry.invoice.bolt11)",\
            "isPaid":\(entry.isPaid),"isExpired":false,"requestedSat":\(satoshis),\
            "receivedSat":\(entry.isPaid ? satoshis : 0),"fees":0,"expiresAt":\(entry.invoice.expiresAt.milliseconds),\
            "createdAt":1700000000000\(completed)}
            """
    }

    /// The newest first (phoenixd, `PaymentsIncoming.sq`).
    private func list(_ query: [String: String]) -> FakeHTTP.Reaction {
        let from = query["from"].flatMap { UInt64($0) } ?? 0
        let limit = query["limit"].flatMap { Int($0) } ?? 20
        let offset = query["offset"].flatMap { Int($0) } ?? 0
        let page =
            query["all"] == "true"
            ? Array(books.all.dropFirst(offset).prefix(limit))
            : books.page(offset: offset, limit: limit) { ($0.paidAt ?? 0) / 1_000 >= from }
        return .answer(200, "[\(page.map(Self.text).joined(separator: ","))]")
    }

    private func pay(_ form: [String: String]) -> FakeHTTP.Reaction {
        guard hasFullAccess else {
            return .answer(401, "Invalid authentication (use basic auth with the http password set in phoenix.conf)")
        }
        guard let text = form["invoice"] else { return .answer(400, "Request parameter invoice is missing") }
        guard let invoice = try? Bolt11Invoice(decoding: text) else {
            return .answer(400, "Request parameter invoice couldn't be parsed/converted to bolt11invoice")
        }
        guard let entry = try? others.pay(invoice.paymentHash) else {
            return .answer(
                200,
                #"{"type":"payment_failed","paymentHash":"\#(invoice.paymentHash)","reason":"this invoice has already been paid"}"#
            )
        }
        sent.withLockedValue { _ = $0.insert(invoice.paymentHash) }
        return .answer(
            200,
            """
            {"recipientAmountSat":\(entry.invoice.amount.satoshisRoundedUp),"routingFeeSat":4,"paymentId":"x",\
            "paymentHash":"\(invoice.paymentHash)","paymentPreimage":"\(entry.preimage.bytes.hex)"}
            """
        )
    }

    private func outgoing(_ payment: PaymentHash) -> FakeHTTP.Reaction {
        guard sent.withLockedValue({ $0.contains(payment) }), let entry = others.entry(payment) else {
            return .answer(404, "Not found")
        }
        return .answer(
            200,
            """
            {"type":"outgoing_payment","subType":"lightning","paymentId":"x","paymentHash":"\(payment)",\
            "preimage":"\(entry.preimage.bytes.hex)","isPaid":true,"sent":\(entry.invoice.amount.satoshisRoundedUp + 4),\
            "fees":4040,"invoice":"\(entry.invoice.bolt11)","completedAt":1700000000001,"createdAt":1700000000000}
            """
        )
    }
}
