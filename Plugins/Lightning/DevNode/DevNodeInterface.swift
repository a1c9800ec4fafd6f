package import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// The part of lnd's REST interface that a payer and a gateway need, on the development node's own listener.
///
/// Any macaroon is accepted, none too. `/dev/behaviour` is not lnd's: it makes the node misbehave for tests.
package struct DevNodeInterface: Stage {
    let node: DevNode

    package init(node: DevNode) {
        self.node = node
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        let path = exchange.request.path.split(separator: "/").map(String.init)
        let method = exchange.request.method
        let allowed: HTTPRequest.Method
        let answer: @Sendable ([UInt8]) async throws -> Reply
        switch path {
        case ["dev", "behaviour"]:
            allowed = method == .post ? .post : .get
            answer = { try method == .post ? changeBehaviour($0) : reply(node.behaviour) }
        case ["v1", "getinfo"]:
            (allowed, answer) = (.get, { _ in try nodeState() })
        case ["v1", "invoices"]:
            (allowed, answer) = (.post, { try await newInvoice($0) })
        case ["v1", "channels", "transactions"]:
            (allowed, answer) = (.post, { try await pay($0) })
        case ["v2", "router", "send"]:
            let inBase64 = Self.wantsBase64(exchange.request)
            (allowed, answer) = (.post, { try await send($0, preimageInBase64: inBase64) })
        case _ where path.count == 3 && path[0] == "v1" && path[1] == "invoice":
            (allowed, answer) = (.get, { _ in try await invoiceState(path[2]) })
        case _ where path.count == 3 && path[0] == "v1" && path[1] == "payreq":
            (allowed, answer) = (.get, { _ in try decoded(path[2]) })
        default:
            return .now(.reply(LndError(.notFound, "Not Found").reply))
        }
        guard method == allowed else {
            return .now(.reply(LndError(.notImplemented, "Method Not Allowed").reply))
        }
        guard path[0] == "dev" || node.behaviour.mode != .down else {
            return .now(.reply(LndError(.serviceUnavailable, "the development node was told to be down").reply))
        }
        return exchange.body(upTo: .kibibytes(64)).flatMap { body in
            let bytes = Array(body.readableBytesView)
            return exchange.later { .reply(try await Self.answering { try await answer(bytes) }) }
        }
    }

    /// The answer, or the error that it ended with in lnd's form.
    private static func answering(_ answer: () async throws -> Reply) async throws -> Reply {
        do {
            return try await answer()
        } catch let error as LndError {
            return error.reply
        } catch let failure as LightningFailure {
            return LndError(failure).reply
        } catch is DecodingError {
            return LndError(.badRequest, "the body is not the JSON message that is expected here").reply
        }
    }

    private func reply(_ message: some Encodable) throws -> Reply {
        .json(try LndREST.encoded(message))
    }

    // MARK: lnd's interface

    private func nodeState() throws -> Reply {
        try reply(
            LndREST.NodeState(
                identityPubkey: try node.id.description,
                alias: "sluice development node",
                version: "0.18.5-beta sluice-dev",
                blockHeight: 1,
                syncedToChain: true,
                syncedToGraph: true,
                testnet: false,
                chains: [.init(chain: "bitcoin", network: "regtest")],
                uris: [],
                numActiveChannels: 0,
                numPeers: 0
            )
        )
    }

    private func newInvoice(_ body: [UInt8]) async throws -> Reply {
        let request = try LndREST.decoded(LndREST.InvoiceRequest.self, from: body)
        let amount: Amount?
        switch (request.value?.value ?? 0, request.valueMsat?.value ?? 0) {
        case (let satoshis, 0): amount = .satoshis(satoshis)
        case (0, let millisatoshis): amount = Amount(millisatoshis: millisatoshis)
        default: throw LndError(.badRequest, "the value and value_msat fields are mutually exclusive")
        }
        guard let amount else { throw LndError(.badRequest, "'value' is more bitcoin than there is") }
        // lnd's own default is a day.
        let expiry = request.expiry.map(\.value).flatMap { $0 == 0 ? nil : $0 } ?? 86_400
        let made = try await node.makeDevInvoice(
            for: amount,
            memo: request.memo ?? "",
            expiresIn: .seconds(Int64(clamping: expiry))
        )
        return try reply(
            LndREST.NewInvoice(
                rHash: LndREST.data(made.invoice.paymentHash.bytes),
                paymentRequest: made.invoice.bolt11,
                addIndex: LndInteger(made.addIndex),
                paymentAddr: LndREST.data(made.paymentSecret)
            )
        )
    }

    private func invoiceState(_ hex: String) async throws -> Reply {
        guard let hash = Bytes32(hex: hex) else {
            throw LndError(.badRequest, "a payment hash is 64 hexadecimal digits")
        }
        guard let (made, settlement) = try await node.invoice(PaymentHash(hash)) else {
            throw LndError(.notFound, "unable to locate invoice")
        }
        let invoice = made.invoice
        let isEnded = node.time.now() >= invoice.expiresAt || made.isCancelled
        let isHeld = node.holds.isHeld(invoice.paymentHash)
        let amount = invoice.amount.millisatoshis
        let paid = settlement?.amount.millisatoshis ?? 0
        return try reply(
            LndREST.InvoiceState(
                memo: made.memo,
                rPreimage: LndREST.data(settlement == nil ? nil : made.preimage?.bytes),
                rHash: LndREST.data(hash),
                value: LndInteger(amount / 1_000),
                valueMsat: LndInteger(amount),
                settled: settlement != nil,
                creationDate: LndInteger(made.createdAt.seconds),
                settleDate: LndInteger(settlement?.settledAt.seconds ?? 0),
                paymentRequest: invoice.bolt11,
                expiry: LndInteger(invoice.expiresAt.seconds - made.createdAt.seconds),
                cltvExpiry: LndInteger(18),
                addIndex: LndInteger(made.addIndex),
                settleIndex: LndInteger(settlement?.cursor.position ?? 0),
                amtPaidSat: LndInteger(paid / 1_000),
                amtPaidMsat: LndInteger(paid),
                state: settlement != nil ? .settled : isHeld ? .accepted : isEnded ? .canceled : .open,
                paymentAddr: LndREST.data(made.paymentSecret)
            )
        )
    }

    private func decoded(_ text: String) throws -> Reply {
        let invoice = try Self.invoice(text)
        return try reply(
            LndREST.DecodedInvoice(
                destination: invoice.payee.description,
                paymentHash: invoice.paymentHash.description,
                numSatoshis: LndInteger((invoice.amount?.millisatoshis ?? 0) / 1_000),
                numMsat: LndInteger(invoice.amount?.millisatoshis ?? 0),
                timestamp: LndInteger(invoice.timestamp.seconds),
                expiry: LndInteger(invoice.expiry.components.seconds),
                description: invoice.memo ?? "",
                descriptionHash: invoice.memoHash?.hex ?? "",
                cltvExpiry: LndInteger(invoice.finalExpiryDelta),
                paymentAddr: LndREST.data(invoice.paymentSecret)
            )
        )
    }

    static func invoice(_ text: String) throws -> Bolt11Invoice {
        do {
            return try Bolt11Invoice(decoding: text)
        } catch {
            throw LndError(.badRequest, "\(error)")
        }
    }

    private func pay(_ body: [UInt8]) async throws -> Reply {
        let request = try LndREST.decoded(LndREST.PaymentRequest.self, from: body)
        guard let text = request.paymentRequest, !text.isEmpty else {
            throw LndError(.badRequest, "'payment_request' is missing: this wallet pays invoices only")
        }
        let hash = try Self.invoice(text).paymentHash
        do {
            let payment = try await node.pay(text, amount: request.amount, feeLimit: .zero, patience: .seconds(600))
            let amount = payment.amount.millisatoshis
            return try reply(
                LndREST.PaymentAnswer(
                    paymentError: "",
                    paymentPreimage: LndREST.data(payment.preimage.bytes),
                    paymentHash: LndREST.data(hash.bytes),
                    paymentRoute: .init(
                        totalFeesMsat: LndInteger(0),
                        totalAmtMsat: LndInteger(amount),
                        totalFees: LndInteger(0),
                        totalAmt: LndInteger(amount / 1_000)
                    )
                )
            )
        } catch let failure as LightningFailure where failure.reason == .refused {
            // lnd answers 200 to a payment that failed.
            return try reply(
                LndREST.PaymentAnswer(
                    paymentError: failure.description,
                    paymentPreimage: LndREST.data(nil),
                    paymentHash: LndREST.data(hash.bytes),
                    paymentRoute: nil
                )
            )
        }
    }

    // MARK: The development node's own

    private func changeBehaviour(_ body: [UInt8]) throws -> Reply {
        node.behaviour = try LndREST.decoded(DevBehaviour.self, from: body)
        return try reply(node.behaviour)
    }
}
