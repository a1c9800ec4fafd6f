internal import Crypto
internal import GRPCCore
package import GatewayKit
internal import GatewayRPC
package import Lightning
internal import NIOConcurrencyHelpers
internal import NIOCore

/// An lnd as far as the gateway speaks with it: real invoices for regtest, one database over restarts, and faults on demand.
/// Serves gRPC on loopback, with TLS. Money comes from `pay`, and goes to another node that is part of it.
package final class FakeLnd: Sendable {
    private struct Place {
        var server: RPCServer?
        var port = 0
        var identity = LndIdentity.node
    }

    /// What it is asked with, in hexadecimal.
    package static let macaroon = LndMacaroonExample.hex(of: [
        ("invoices", ["read", "write"]), ("offchain", ["read", "write"]),
    ])

    let time: TimeSource
    let key: NodeKey
    let foreignKey: NodeKey
    let books = NIOLockedValueBox(FakeLndBooks())
    let foreign = NIOLockedValueBox<[PaymentHash: Preimage]>([:])
    private let place = NIOLockedValueBox(Place())

    package init(time: TimeSource = .system) throws {
        guard let key = NodeKey.random(), let foreignKey = NodeKey.random() else {
            throw StartFailure("libsecp256k1 cannot be used")
        }
        self.time = time
        self.key = key
        self.foreignKey = foreignKey
    }

    // MARK: Life

    /// - Parameter identity: what it shows.
    package func start(as identity: LndIdentity = .node) async throws {
        let port = place.withLockedValue { $0.port }
        let server = try await RPCServer.start(
            at: ListenerSettings(host: "127.0.0.1", port: port),
            security: identity.security,
            services: [FakeLightning(lnd: self), FakeInvoices(lnd: self), FakeRouter(lnd: self)]
        )
        place.withLockedValue { place in
            place.server = server
            place.port = server.address?.port ?? 0
            place.identity = identity
        }
    }

    /// As if it were killed: connections end in the middle of whatever they do.
    package func stop() async {
        let server = place.withLockedValue { place in
            defer { place.server = nil }
            return place.server
        }
        for follower in books.withLockedValue({ $0.leaveAll() }) { follower.finish() }
        await server?.stop(within: .zero)
    }

    /// On the same port, with the same database.
    package func restart() async throws {
        await stop()
        try await start(as: place.withLockedValue { $0.identity })
    }

    package var faults: FakeLndFaults {
        get { books.withLockedValue { $0.faults } }
        set { books.withLockedValue { $0.faults = newValue } }
    }

    /// How many invoices it had before all others: settled ones, but for some of the newest.
    package func fill(_ count: UInt64, open: UInt64 = 0) {
        books.withLockedValue { books in
            books.ancient = count
            books.ancientOpen = open
        }
    }

    /// It counts from the start again, as a node whose wallet or database is another one.
    package func beginAnew() {
        books.withLockedValue { $0.beginAnew() }
    }

    /// How many invoices it has told of by lists and subscriptions.
    package var sent: Int { books.withLockedValue { $0.sent } }

    /// Their size.
    package var sentBytes: Int { books.withLockedValue { $0.sentBytes } }

    /// How often it was asked anything.
    package var calls: Int { books.withLockedValue { $0.calls } }

    /// Whether anybody is told of its invoices.
    package var isFollowed: Bool { books.withLockedValue { $0.isFollowed } }

    /// Where it listens: 0 until it has.
    package var port: Int { place.withLockedValue { $0.port } }

    /// What it was asked to tell of as it happens, in that order.
    package var subscriptions: [FakeLndSubscription] { books.withLockedValue { $0.subscriptions } }

    /// What it was paid, by settle index from 1: without what `fill` says.
    package var settled: [PaymentHash] { books.withLockedValue { $0.settled } }

    /// Where it listens, also while it is stopped.
    package var address: String { "127.0.0.1:\(place.withLockedValue { $0.port })" }

    /// How a gateway is told of it.
    package func settings(
        certificate: LndIdentity = .node,
        macaroon: String = FakeLnd.macaroon,
        timeout: Duration = .seconds(10)
    ) -> LndSettings {
        var settings = LndSettings(
            address: ServiceAddress(parsing: address),
            certificate: certificate.certificate,
            macaroon: Secret(macaroon)
        )
        settings.network = .regtest
        settings.timeout = timeout
        return settings
    }

    // MARK: Money

    /// Pays one of its invoices, as anybody might: returns once it is settled.
    package func pay(_ bolt11: String) async throws {
        let hash = try Bolt11Invoice(decoding: bolt11).paymentHash
        let now = time.now()
        try await withCheckedThrowingContinuation { (payer: FakeLndBooks.Payer) in
            let result = books.withLockedValue { books in
                Result {
                    let isHeld = try books.pay(hash, at: now)
                    if isHeld { books.wait(payer, for: hash) }
                    return isHeld
                }
            }
            switch result {
            case .success(true): break
            case .success(false): payer.resume()
            case .failure(let error): payer.resume(throwing: error)
            }
        }
    }

    /// What a payer has learned, of an invoice that is settled.
    package func preimage(of bolt11: String) throws -> Preimage {
        let hash = try Bolt11Invoice(decoding: bolt11).paymentHash
        guard let entry = books.withLockedValue({ $0.entries[hash] }), entry.state == .settled,
            let preimage = entry.preimage
        else { throw LightningFailure(.refused, "nobody has paid the invoice") }
        return preimage
    }

    /// An invoice of another node, which this one can pay.
    ///
    /// - Parameter amount: `nil`: whoever pays says how much.
    package func foreignInvoice(_ amount: Amount?, expiresIn lifetime: Duration = .seconds(600)) throws -> String {
        let preimage = Preimage(.random())
        let hash = PaymentHash(Self.hash(of: preimage))
        foreign.withLockedValue { $0[hash] = preimage }
        return try Bolt11Draft(
            network: .regtest,
            amount: amount,
            timestamp: WallTime(seconds: time.now().seconds),
            fields: [
                .paymentHash(hash), .paymentSecret(.random()), .memo("foreign"), .expiry(lifetime), .features(.basic),
            ]
        ).signed(with: foreignKey)
    }

    /// What it has paid for an invoice of another node, without the fee; `nil` where it has not.
    package func amountPaid(for bolt11: String) throws -> Amount? {
        let hash = try Bolt11Invoice(decoding: bolt11).paymentHash
        guard let payment = books.withLockedValue({ $0.payments[hash] }), payment.status == .succeeded else {
            return nil
        }
        return Amount(millisatoshis: UInt64(clamping: payment.valueMsat))
    }

    static func hash(of preimage: Preimage) -> Bytes32 {
        Bytes32(SHA256.hash(data: preimage.bytes.array)) ?? .zero
    }

    // MARK: Answering

    /// The right to ask, and then whatever the faults make of it.
    func admit(_ metadata: Metadata, _ context: ServerContext) async throws {
        let macaroon = Array(metadata[stringValues: "macaroon"]).first ?? ""
        try await admit(macaroon: macaroon) { try await context.cancellation.cancelled }
    }

    /// - Parameter departure: returns when whoever asked has left.
    func admit(macaroon: String, _ departure: () async throws -> Void) async throws {
        books.withLockedValue { $0.calls += 1 }
        guard macaroon == Self.macaroon else {
            // lnd's macaroon service says no more than that it does not know (status UNKNOWN).
            throw RPCError(code: .unknown, message: "verification failed: signature mismatch after caveat verification")
        }
        let faults = faults
        if faults.isSilent { try await departure() }
        if let delay = faults.delay { try await Task.sleep(for: delay) }
        if let refusal = faults.refusal { throw refusal }
    }

    /// Makes an invoice, true or not.
    func invoice(
        _ memo: String,
        _ amount: Int64,
        expiry: Int64,
        hasHints: Bool,
        payment: PaymentHash?
    ) throws -> FakeLndBooks.Entry {
        let lie = faults.lie
        if lie == .repetition, let newest = books.withLockedValue({ $0.newest }) { return newest }
        guard amount >= 0, expiry >= 0, expiry <= 31_536_000, memo.utf8.count <= 639 else {
            throw RPCError(code: .unknown, message: "an invoice that lnd would not make")
        }
        let preimage = payment == nil ? Preimage(.random()) : nil
        let hash = payment ?? preimage.map { PaymentHash(Self.hash(of: $0)) } ?? PaymentHash(.zero)
        let now = WallTime(seconds: time.now().seconds)
        let lifetime = Duration.seconds(expiry == 0 ? 86_400 : expiry)
        var fields: [Bolt11Field] = [
            .paymentHash(hash), .paymentSecret(.random()), .memo(memo),
            .expiry(lie == .expiry ? lifetime * 10 : lifetime), .features(.basic),
        ]
        if lie == .signature { fields.append(.payee(foreignKey.id)) }
        let bolt11 = try Bolt11Draft(
            network: lie == .network ? .bitcoin : .regtest,
            amount: Amount(millisatoshis: UInt64(amount) + (lie == .amount ? 1_000 : 0)),
            timestamp: now,
            fields: fields
        ).signed(with: key)
        return try books.withLockedValue { books in
            guard books.entries[hash] == nil else {
                throw RPCError(code: .unknown, message: "invoice with payment hash already exists")
            }
            let entry = FakeLndBooks.Entry(
                bolt11: bolt11,
                hash: hash,
                preimage: preimage,
                memo: memo,
                amount: amount,
                expiresAt: now.advanced(by: lifetime),
                hasHints: hasHints,
                addIndex: books.nextAddIndex
            )
            books.add(entry)
            return entry
        }
    }
}
