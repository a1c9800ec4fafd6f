import GatewayKit
import Lightning
import NIOConcurrencyHelpers

extension FakeWallet {
    /// - Throws: `FakeWalletError` for what it refuses.
    func answer(_ method: String, _ parameters: JSONValue) throws -> JSONValue {
        switch method {
        case "make_invoice": try makeInvoice(parameters, hold: nil)
        case "make_hold_invoice": try makeInvoice(parameters, hold: try Self.payment(parameters))
        case "lookup_invoice": try lookUp(parameters)
        case "pay_invoice": try payInvoice(parameters)
        case "list_transactions": list(parameters)
        case "settle_hold_invoice": try settleHold(parameters)
        case "cancel_hold_invoice": try cancelHold(parameters)
        default: throw FakeWalletError("NOT_IMPLEMENTED")
        }
    }

    private static func number(_ name: String, in parameters: JSONValue) -> Double? {
        guard case .number(let number) = parameters[name] else { return nil }
        return number
    }

    private static func payment(_ parameters: JSONValue) throws -> PaymentHash {
        guard let hash = parameters["payment_hash"]?.text.flatMap({ Bytes32(hex: $0) }) else {
            throw FakeWalletError("OTHER")
        }
        return PaymentHash(hash)
    }

    private func makeInvoice(_ parameters: JSONValue, hold: PaymentHash?) throws -> JSONValue {
        guard let amount = Self.number("amount", in: parameters), amount > 0 else { throw FakeWalletError("OTHER") }
        let preimage = hold == nil ? Preimage(.random()) : nil
        let hash = hold ?? preimage.map { Self.hash(of: $0) } ?? PaymentHash(.zero)
        let expiry = Duration.seconds(Int64(Self.number("expiry", in: parameters) ?? 3_600))
        let now = time.now()
        let bolt11 = try bolt11(
            for: Amount(millisatoshis: UInt64(amount)),
            hash,
            expiry: expiry,
            memo: parameters["description"]?.text ?? ""
        )
        let transaction = FakeTransaction(
            bolt11: bolt11,
            hash: hash,
            preimage: preimage,
            amount: Amount(millisatoshis: UInt64(amount)),
            createdAt: now.advanced(by: behaviour.clockError),
            expiresAt: now.advanced(by: expiry),
            isHold: hold != nil
        )
        let (namesOther, omits) = try state.withLockedValue { state in
            guard !state.transactions.contains(where: { $0.hash == hash }) else { throw FakeWalletError("OTHER") }
            state.transactions.append(transaction)
            return (state.behaviour.namesOther, state.behaviour.omits)
        }
        guard case .object(var members) = transaction.json else { throw FakeWalletError("INTERNAL") }
        members.removeAll { omits.contains($0.name) || (namesOther && $0.name == "payment_hash") }
        if namesOther { members.append(.init("payment_hash", .string(Bytes32.random().hex))) }
        return .object(members)
    }

    private func lookUp(_ parameters: JSONValue) throws -> JSONValue {
        let payment = try Self.payment(parameters)
        return try state.withLockedValue { state in
            guard let transaction = state.transactions.last(where: { $0.hash == payment }) else {
                throw FakeWalletError("NOT_FOUND")
            }
            return transaction.json
        }
    }

    private func payInvoice(_ parameters: JSONValue) throws -> JSONValue {
        guard let bolt11 = parameters["invoice"]?.text, let invoice = try? Bolt11Invoice(decoding: bolt11),
            let amount = invoice.amount
        else { throw FakeWalletError("OTHER") }
        let now = time.now()
        return try state.withLockedValue { state in
            guard !state.transactions.contains(where: { $0.hash == invoice.paymentHash && $0.state == "settled" })
            else {
                throw FakeWalletError("OTHER")
            }
            guard let preimage = state.payable[invoice.paymentHash] else { throw FakeWalletError("PAYMENT_FAILED") }
            state.transactions.append(
                FakeTransaction(
                    isIncoming: false,
                    state: "settled",
                    bolt11: bolt11,
                    hash: invoice.paymentHash,
                    preimage: preimage,
                    amount: amount,
                    fee: Amount(millisatoshis: 1_000),
                    createdAt: now,
                    expiresAt: invoice.expiresAt,
                    settledAt: now
                )
            )
            let shown = state.behaviour.hidesPreimage ? Bytes32.zero : preimage.bytes
            let members: [JSONValue.Member] = [
                .init("preimage", .string(shown.hex)), .init("fees_paid", .number(1_000)),
            ]
            return .object(members.filter { !state.behaviour.omits.contains($0.name) })
        }
    }

    /// By when they were made, the newest first.
    private func list(_ parameters: JSONValue) -> JSONValue {
        let from = Self.number("from", in: parameters) ?? 0
        let offset = Int(Self.number("offset", in: parameters) ?? 0)
        let limit = Int(Self.number("limit", in: parameters) ?? 10)
        return state.withLockedValue { state in
            let found = state.transactions.reversed().filter {
                $0.isIncoming && $0.state == "settled" && Double($0.createdAt.seconds) >= from
            }
            var page = Array(found.dropFirst(offset).prefix(limit))
            var age = max(0, offset - found.count)
            while page.count < limit, age < state.ancient {
                let transaction = ancient(age)
                guard Double(transaction.createdAt.seconds) >= from else { break }
                page.append(transaction)
                age += 1
            }
            state.listed[offset] = page.count
            return .object([.init("transactions", .array(page.map(\.json)))])
        }
    }

    /// - Parameter age: how many are newer.
    private func ancient(_ age: Int) -> FakeTransaction {
        var bytes = Bytes32.zero
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: UInt64(age + 1), as: UInt64.self) }
        let paidAt = openedAt.advanced(by: .seconds(-600 * (age + 1)))
        return FakeTransaction(
            state: "settled",
            bolt11: "lnbcrt1",
            hash: PaymentHash(bytes),
            amount: Amount(millisatoshis: 1_000),
            createdAt: paidAt,
            expiresAt: paidAt,
            settledAt: paidAt
        )
    }

    private func settleHold(_ parameters: JSONValue) throws -> JSONValue {
        guard let preimage = parameters["preimage"]?.text.flatMap({ Bytes32(hex: $0) }).map(Preimage.init) else {
            throw FakeWalletError("OTHER")
        }
        let hash = Self.hash(of: preimage)
        let payer = try state.withLockedValue { state in
            guard let index = state.transactions.firstIndex(where: { $0.hash == hash && $0.isHold }) else {
                throw FakeWalletError("NOT_FOUND")
            }
            guard state.transactions[index].state == "accepted" else { throw FakeWalletError("OTHER") }
            state.transactions[index].preimage = preimage
            settle(index, &state)
            defer { state.transactions[index].payer = nil }
            return state.transactions[index].payer
        }
        payer?.resume()
        notify(hash)
        return .object([])
    }

    private func cancelHold(_ parameters: JSONValue) throws -> JSONValue {
        let payment = try Self.payment(parameters)
        let payer = try state.withLockedValue { state in
            guard let index = state.transactions.firstIndex(where: { $0.hash == payment && $0.isHold }) else {
                throw FakeWalletError("NOT_FOUND")
            }
            guard state.transactions[index].state == "pending" || state.transactions[index].state == "accepted" else {
                throw FakeWalletError("OTHER")
            }
            state.transactions[index].state = "failed"
            defer { state.transactions[index].payer = nil }
            return state.transactions[index].payer
        }
        payer?.resume(throwing: FakeWalletError("PAYMENT_FAILED"))
        return .object([])
    }
}
