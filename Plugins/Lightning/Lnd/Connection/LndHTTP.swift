internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// lnd by its REST interface, whose bodies are the JSON form of the same messages (gRPC-Gateway).
struct LndHTTP: LndConnection {
    private let open: @Sendable () -> LndRESTWallet
    /// `nil` before it has started and after it was stopped: a client that is made has to be shut down.
    private let wallet = NIOLockedValueBox<LndRESTWallet?>(nil)

    private static let longestStream = Duration.seconds(3_600)

    /// Opens nothing.
    init(opening open: @escaping @Sendable () -> LndRESTWallet) {
        self.open = open
    }

    func start() {
        wallet.withLockedValue { wallet in
            if wallet == nil { wallet = open() }
        }
    }

    func stop() async {
        let wallet = wallet.withLockedValue { wallet in
            defer { wallet = nil }
            return wallet
        }
        try? await wallet?.shutdown()
    }

    private func started() throws(LndFault) -> LndRESTWallet {
        guard let wallet = wallet.withLockedValue({ $0 }) else {
            throw LndFault(.unavailable, "lnd is asked nothing before the gateway has started and after it has stopped")
        }
        return wallet
    }

    // MARK: Invoices

    func addInvoice(_ invoice: Lnrpc_Invoice) async throws(LndFault) -> Lnrpc_AddInvoiceResponse {
        try await post("/v1/invoices", invoice)
    }

    func lookupInvoice(_ payment: Lnrpc_PaymentHash) async throws(LndFault) -> Lnrpc_Invoice {
        try await get("/v1/invoice/\(Hex.encoded(payment.rHash))")
    }

    func listInvoices(_ page: Lnrpc_ListInvoiceRequest) async throws(LndFault) -> Lnrpc_ListInvoiceResponse {
        try await get(
            "/v1/invoices?index_offset=\(page.indexOffset)&num_max_invoices=\(page.numMaxInvoices)"
                + "&reversed=\(page.reversed)"
        )
    }

    func subscribeInvoices(
        _ subscription: Lnrpc_InvoiceSubscription,
        _ each: @escaping @Sendable (Lnrpc_Invoice) async -> Bool
    ) async throws(LndFault) {
        let path =
            "/v1/invoices/subscribe?add_index=\(subscription.addIndex)&settle_index=\(subscription.settleIndex)"
        try await lines(of: path, timeout: Self.longestStream) { (line: Lndjson_InvoiceLine) in
            if line.hasError { throw Self.fault(line.error) }
            return await each(line.result)
        }
    }

    // MARK: Held invoices

    func addHoldInvoice(
        _ invoice: Invoicesrpc_AddHoldInvoiceRequest
    ) async throws(LndFault) -> Invoicesrpc_AddHoldInvoiceResp {
        try await post("/v2/invoices/hodl", invoice)
    }

    func settleInvoice(_ message: Invoicesrpc_SettleInvoiceMsg) async throws(LndFault) {
        let _: Invoicesrpc_SettleInvoiceResp = try await post("/v2/invoices/settle", message)
    }

    func cancelInvoice(_ message: Invoicesrpc_CancelInvoiceMsg) async throws(LndFault) {
        let _: Invoicesrpc_CancelInvoiceResp = try await post("/v2/invoices/cancel", message)
    }

    // MARK: Payments

    func sendPayment(
        _ payment: Routerrpc_SendPaymentRequest,
        timeout: Duration
    ) async throws(LndFault) -> Lnrpc_Payment? {
        try await update(of: "/v2/router/send", body: try Self.json(payment), timeout: timeout) {
            $0.hasEnded
        }
    }

    func trackPayment(_ payment: Routerrpc_TrackPaymentRequest) async throws(LndFault) -> Lnrpc_Payment? {
        // Bytes in a path are base64 with the URL's alphabet (gRPC-Gateway).
        let name = payment.paymentHash.base64EncodedString().map { character -> Character in
            switch character {
            case "+": "-"
            case "/": "_"
            default: character
            }
        }
        return try await update(of: "/v2/router/track/\(String(name))", body: nil, timeout: nil) { _ in true }
    }

    /// The first update that is wanted; `nil` where there is none.
    private func update(
        of path: String,
        body: String?,
        timeout: Duration?,
        where isWanted: @escaping @Sendable (Lnrpc_Payment) -> Bool
    ) async throws(LndFault) -> Lnrpc_Payment? {
        let found = NIOLockedValueBox<Lnrpc_Payment?>(nil)
        try await lines(of: path, body: body, timeout: timeout) { (line: Lndjson_PaymentLine) in
            if line.hasError { throw Self.fault(line.error) }
            guard isWanted(line.result) else { return true }
            found.withLockedValue { $0 = line.result }
            return false
        }
        return found.withLockedValue { $0 }
    }

    // MARK: HTTP

    private func get<Answer: Message>(_ path: String) async throws(LndFault) -> Answer {
        let wallet = try started()
        return try await answer(of: wallet, to: wallet.request(to: path))
    }

    private func post<Answer: Message>(_ path: String, _ message: some Message) async throws(LndFault) -> Answer {
        let wallet = try started()
        return try await answer(of: wallet, to: wallet.request(to: path, body: try Self.json(message)))
    }

    private func answer<Answer: Message>(
        of wallet: LndRESTWallet,
        to request: HTTPClientRequest
    ) async throws(LndFault) -> Answer {
        let answer: NodeAnswer
        do {
            answer = try await wallet.client.answer(to: request, within: Duration(wallet.timeout))
        } catch {
            throw Self.fault(wallet.failure(error))
        }
        guard answer.status == 200 else { throw try Self.refusal(in: answer.bytes) }
        return try Self.message(answer.bytes)
    }

    /// Tells of each line until `each` says false, there are no more, or the time is over.
    private func lines<Line: Message>(
        of path: String,
        body: String? = nil,
        timeout: Duration?,
        _ each: @escaping @Sendable (Line) async throws -> Bool
    ) async throws(LndFault) {
        let wallet = try started()
        let request = body.map { wallet.request(to: path, body: $0) } ?? wallet.request(to: path)
        let limit = timeout ?? Duration(wallet.timeout)
        do {
            let end: Void? = try await outcome(within: limit) {
                let response = try await wallet.client.execute(request, timeout: TimeAmount(limit))
                try await Self.tell(of: response, each)
            }
            if end == nil { throw HTTPClientError.deadlineExceeded }
        } catch let fault as LndFault {
            throw fault
        } catch let error as HTTPClientError where error == .deadlineExceeded && timeout == Self.longestStream {
            return
        } catch {
            throw Self.fault(wallet.failure(error))
        }
    }

    private static func tell<Line: Message>(
        of response: HTTPClientResponse,
        _ each: @Sendable (Line) async throws -> Bool
    ) async throws {
        guard response.status.code == 200 else {
            let body = try await response.body.collect(upTo: LndRESTWallet.longestAnswer.bytes)
            throw try refusal(in: Array(body.readableBytesView))
        }
        var buffered = [UInt8]()
        for try await part in response.body {
            for byte in part.readableBytesView {
                if byte != UInt8(ascii: "\n") {
                    buffered.append(byte)
                    continue
                }
                guard try await each(try message(buffered)) else { return }
                buffered = []
            }
            guard buffered.count <= LndRESTWallet.longestAnswer.bytes else {
                throw LndFault(.malformed, "a line of lnd's answer is longer than \(LndRESTWallet.longestAnswer)")
            }
        }
        // The last line may have no end.
        if !buffered.isEmpty { _ = try await each(try message(buffered)) }
    }

    // MARK: JSON

    private static func json(_ message: some Message) throws(LndFault) -> String {
        var options = JSONEncodingOptions()
        options.preserveProtoFieldNames = true
        do {
            return try message.jsonString(options: options)
        } catch {
            throw LndFault(.malformed, "a message to lnd cannot be written: \(error)")
        }
    }

    static func message<Answer: Message>(_ bytes: [UInt8]) throws(LndFault) -> Answer {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        do {
            return try Answer(jsonUTF8Bytes: bytes, options: options)
        } catch {
            throw LndFault(.malformed, "lnd answered what cannot be read")
        }
    }

    /// An answer with another status than 200: the error itself, or a line with one where a stream was asked for.
    private static func refusal(in bytes: [UInt8]) throws(LndFault) -> LndFault {
        let line: Lndjson_InvoiceLine = try message(bytes)
        if line.hasError { return fault(line.error) }
        let failure: Lndjson_Failure = try message(bytes)
        return fault(failure)
    }

    private static func fault(_ failure: Lndjson_Failure) -> LndFault {
        // 13: INTERNAL, where an error comes without a code.
        LndFault(.status(failure.code == 0 ? 13 : Int(failure.code)), LndRESTWallet.printable(failure.message))
    }

    private static func fault(_ failure: LightningFailure) -> LndFault {
        LndFault(failure.reason == .malformed ? .malformed : .unavailable, failure.description)
    }
}
