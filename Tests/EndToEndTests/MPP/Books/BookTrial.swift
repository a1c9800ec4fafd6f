import Crypto
import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import MPP
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Stores
import Testing

/// One gateway's sessions without its sockets: clients that do what they like, a node and a store that fail, and a process
/// that dies and comes again on the same file.
final class BookTrial: Sendable {
    static let price = Amount(millisatoshis: 10_000)
    /// A response that was cut may have cost so much more than it delivered: what one debit takes.
    private static let mostAhead = 33

    /// A process.
    struct Life: Sendable {
        /// It will die without an end.
        let isSudden: Bool
        let disk: SQLiteStore
        let store: UnreliableStore
        let scheme: MPPScheme
        let book: SessionBook
    }

    /// A deposit that a client has paid.
    struct Deposit: Sendable {
        let challenge: PaymentChallenge
        let preimage: Bytes32
        let payment: PaymentHash
    }

    struct Client: Sendable {
        let deposit: Deposit
        let returnInvoice: String
        let secret: String?
    }

    enum Told: Sendable, Hashable {
        /// Let through; `false`: and then no upstream was there.
        case served(Bool)
        case answered(String)
        case refused(String)
        case unavailable
    }

    struct State {
        var deposits = [Deposit]()
        var clients = [Client]()
        var sent = [PaymentCredential]()
        /// Those that let a request through.
        var used = Set<String>()
        /// Requests that an upstream has answered.
        var delivered = [PaymentHash: Int]()
        /// Requests that may have been paid for although nothing came of them.
        var uncertain = [PaymentHash: Int]()
        /// Payments that a client was told that they count.
        var credited = [PaymentHash: Set<PaymentHash>]()
        var told = [Told: Int]()
        /// Events that streams have delivered.
        var streamed = 0
    }

    let deposit: Amount
    let dice: Dice
    let time = ManualTime()
    let node: UnreliableNode
    private let folder: String
    private let isBound: Bool
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    let state = NIOLockedValueBox(State())

    init(seed: UInt64, folder: String) {
        dice = Dice(seed)
        node = UnreliableNode(dice)
        self.folder = folder
        isBound = dice.falls(50)
        // Enough to pay ahead, or too little for that.
        deposit = Amount(millisatoshis: dice.falls(50) ? 50_000 : 400_000)
    }

    var told: [Told: Int] { state.withLockedValue { $0.told } }
    var streamed: Int { state.withLockedValue { $0.streamed } }

    // MARK: Processes

    func begin(failures: Int, isSudden: Bool = false) async throws -> Life {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let disk = SQLiteStore(path: folder + "/sluice.db", logger: logger, time: time.source)
        try await disk.start()
        let store = UnreliableStore(disk, dice, failures: failures)
        let services = Services.example(time: time.source, store: store, lightning: node, dataFolder: folder)
        let settings = ExampleSettings([
            "intents": "session", "deposit": "\(deposit)", "insecure": "true", "meter": "event",
            "session-secret": isBound ? "bound" : "plain", "session-timeout": "1s",
        ])
        let scheme = try #require(settings.make(word: "mpp") { MPPScheme(from: &$0, services) })
        #expect(settings.messages == [])
        let book = try #require(services.parts.all.lazy.compactMap { $0 as? SessionBook }.first)
        return Life(isSudden: isSudden, disk: disk, store: store, scheme: scheme, book: book)
    }

    /// A sudden end: what is under way gets no answer from the store any more.
    func end(_ life: Life) async {
        if life.isSudden {
            life.store.die()
        } else {
            await life.book.stop()
        }
        await life.disk.stop()
    }

    // MARK: Clients

    /// One thing that some client does.
    func step(in life: Life) async throws {
        switch dice.number(in: 0..<100) {
        case 0..<18: try await open(in: life)
        case 18..<28: try await stream(in: life)
        case 28..<58:
            guard let client = client() else { return }
            let challenge = try await challenge(in: life).challenge
            let credential = credential("bearer", challenge, of: client, [("preimage", client.deposit.preimage.hex)])
            try await send(credential, of: client.deposit.payment, in: life)
        case 58..<72:
            guard let client = client() else { return }
            // Sometimes with what was paid for something else.
            let old = dice.falls(30) ? state.withLockedValue { dice.one(of: $0.deposits) } : nil
            let deposit = if let old { old } else { try await challenge(in: life) }
            let credential = credential(
                "topUp",
                deposit.challenge,
                of: client,
                [("topUpPreimage", deposit.preimage.hex)]
            )
            try await send(credential, of: client.deposit.payment, crediting: deposit.payment, in: life)
        case 72..<80:
            guard let client = client() else { return }
            let challenge = try await challenge(in: life).challenge
            let credential = credential("close", challenge, of: client, [("preimage", client.deposit.preimage.hex)])
            try await send(credential, of: client.deposit.payment, in: life)
        case 80..<94:
            guard let credential = state.withLockedValue({ dice.one(of: $0.sent) }) else { return }
            let session = credential.payload["sessionId"]?.text.flatMap { Bytes32(hex: $0) }
            let named = try credential.challenge.requestObject()["paymentHash"]?.text.flatMap { Bytes32(hex: $0) }
            guard let payment = named.map(PaymentHash.init) else { return }
            let isTopUp = credential.payload["action"]?.text == "topUp"
            try await send(
                credential,
                of: session.map(PaymentHash.init) ?? payment,
                crediting: isTopUp ? payment : nil,
                in: life
            )
        default:
            time.advance(by: .seconds(dice.number(in: 1..<90)))
            await life.book.sweep()
        }
    }

    private func client() -> Client? {
        state.withLockedValue { dice.one(of: $0.clients) }
    }

    private func open(in life: Life) async throws {
        let old = dice.falls(20) ? state.withLockedValue { dice.one(of: $0.deposits) } : nil
        let deposit = if let old { old } else { try await challenge(in: life) }
        // Some invoices expire before the refund is paid, and some are used twice.
        let expiry = dice.falls(10) ? Duration.seconds(400) : .seconds(30 * 86_400)
        let used = dice.falls(10) ? client()?.returnInvoice : nil
        let returnInvoice = used ?? node.invoice(expiresAt: time.now.advanced(by: expiry))
        let credential = PaymentCredential(
            challenge: deposit.challenge,
            payload: .texts([
                ("action", "open"), ("preimage", deposit.preimage.hex), ("returnInvoice", returnInvoice),
            ])
        )
        let (told, secret) = try await send(credential, of: deposit.payment, in: life)
        guard case .served = told else { return }
        state.withLockedValue {
            $0.clients.append(Client(deposit: deposit, returnInvoice: returnInvoice, secret: secret))
        }
    }

    /// A response that is paid for by the event, whose client may close the session meanwhile.
    private func stream(in life: Life) async throws {
        guard let client = client() else { return }
        let session = client.deposit.payment
        let bearer = try await challenge(in: life).challenge
        let credential = credential("bearer", bearer, of: client, [("preimage", client.deposit.preimage.hex)])
        let begun = loop.makePromise(of: Void.self)
        async let streamed = presentStream(credential, begun, to: life.scheme)
        if dice.falls(40) {
            let challenge = try await challenge(in: life).challenge
            let close = self.credential("close", challenge, of: client, [("preimage", client.deposit.preimage.hex)])
            try await begun.futureResult.get()
            try await send(close, of: session, in: life)
        }
        let (told, end) = try await streamed
        // What is not delivered goes back in its own time.
        if !life.isSudden { await life.book.quiesce() }
        state.withLockedValue { state in
            state.sent.append(credential)
            state.told[told, default: 0] += 1
            guard let end else {
                if told == .unavailable { state.uncertain[session, default: 0] += 1 }
                return
            }
            let isFirst = state.used.insert(credential.authorization).inserted
            #expect(isFirst, "one credential lets one request through")
            // The request itself costs a unit, whatever comes of it.
            state.delivered[session, default: 0] += max(1, end.events)
            if end.isCut || life.isSudden { state.uncertain[session, default: 0] += Self.mostAhead }
            state.streamed += end.events
        }
    }

    /// - Returns: no end when it was not let through.
    private func presentStream(
        _ credential: PaymentCredential,
        _ begun: EventLoopPromise<Void>,
        to scheme: MPPScheme
    ) async throws -> (Told, BookStream.End?) {
        let (events, leaves) = (dice.number(in: 0..<60), dice.falls(80))
        return try await loop.flatSubmit { [loop] in
            let promise = loop.makePromise(of: (Told, BookStream.End?).self)
            promise.futureResult.whenComplete { _ in begun.succeed() }
            let request = RequestHead.example(.get, "/paid", fields: [("Authorization", credential.authorization)])
            let exchange = Exchange.example(request, eventLoop: loop)
            func refused(_ told: Told) {
                scheme.settle(exchange, as: Outcome(end: .replied, status: .ok, requestBytes: 0, responseBytes: 0))
                promise.succeed((told, nil))
            }
            do {
                guard let found = try scheme.credential(in: exchange).immediate, let credential = found else {
                    throw ConformanceFailure("the scheme has not recognised its credential at once")
                }
                try scheme.redeem(credential, in: exchange).whenComplete { result in
                    guard case .success(.next) = result else {
                        let isRefused = if case .failure(let error) = result { error is Rejection } else { false }
                        return refused(isRefused ? .refused("stream") : .unavailable)
                    }
                    var response = ResponseHead(status: .ok, fields: Fields([(.contentType, "text/event-stream")]))
                    scheme.adjust(&response, of: exchange)
                    guard let filter = exchange.responseFilter else { return refused(.unavailable) }
                    BookStream(filter, events, leavesWhenShort: leaves, on: loop, begun: begun) { outcome, end in
                        scheme.settle(exchange, as: outcome)
                        promise.succeed((.served(true), end))
                    }.goOn()
                }
            } catch {
                refused(error is Rejection ? .refused("stream") : .unavailable)
            }
            return promise.futureResult
        }.get()
    }

    private func credential(
        _ action: String,
        _ challenge: PaymentChallenge,
        of client: Client,
        _ members: [(String, String?)]
    ) -> PaymentCredential {
        let all = [
            ("action", action), ("sessionId", client.deposit.payment.description), ("sessionSecret", client.secret),
        ]
        return PaymentCredential(challenge: challenge, payload: .texts(all + members))
    }

    /// A challenge whose deposit is paid.
    private func challenge(in life: Life) async throws -> Deposit {
        let preimage = Bytes32.random()
        let payment = PaymentHash(try #require(Bytes32(SHA256.hash(data: preimage.array))))
        let invoice = Invoice(
            bolt11: "lnbcrt500n1\(payment)",
            paymentHash: payment,
            amount: deposit,
            expiresAt: time.now.advanced(by: .seconds(3_600))
        )
        let line = try await loop.submit { [loop] in
            let quote = Quote(amount: Self.price, expiresIn: .seconds(3_600)) { _ in .now(invoice) }
            let exchange = Exchange.example(.example(.get, "/paid"), eventLoop: loop)
            return try life.scheme.challenge(for: quote, in: exchange).immediate?.lines.first
        }.get()
        let deposit = Deposit(
            challenge: try ChallengeLine.challenge(try #require(line)),
            preimage: preimage,
            payment: payment
        )
        state.withLockedValue { $0.deposits.append(deposit) }
        return deposit
    }

    @discardableResult
    private func send(
        _ credential: PaymentCredential,
        of session: PaymentHash,
        crediting payment: PaymentHash? = nil,
        in life: Life
    ) async throws -> (Told, secret: String?) {
        let isReached = dice.falls(85)
        let (told, secret) = try await present(credential, isReached: isReached, to: life.scheme)
        state.withLockedValue { state in
            state.sent.append(credential)
            state.told[told, default: 0] += 1
            if case .served = told {
                let isFirst = state.used.insert(credential.authorization).inserted
                #expect(isFirst, "one credential lets one request through")
            }
            switch told {
            case .served(true): state.delivered[session, default: 0] += 1
            case .served(false), .unavailable: state.uncertain[session, default: 0] += 1
            case .answered: if let payment { state.credited[session, default: []].insert(payment) }
            case .refused: break
            }
        }
        return (told, secret)
    }

    private func present(
        _ credential: PaymentCredential,
        isReached: Bool,
        to scheme: MPPScheme
    ) async throws -> (Told, secret: String?) {
        try await loop.flatSubmit { [loop] in
            let promise = loop.makePromise(of: (Told, secret: String?).self)
            let request = RequestHead.example(.get, "/paid", fields: [("Authorization", credential.authorization)])
            let exchange = Exchange.example(request, eventLoop: loop)
            func finish(_ result: Result<Decision, any Error>) {
                switch result {
                case .success(.next), .success(.forward):
                    var response = ResponseHead(status: isReached ? .ok : .badGateway, fields: Fields())
                    scheme.adjust(&response, of: exchange)
                    let end: Outcome.End = isReached ? .answered : .upstreamFailed(.unreachable)
                    scheme.settle(
                        exchange,
                        as: Outcome(end: end, status: response.status, requestBytes: 0, responseBytes: 0)
                    )
                    promise.succeed((.served(isReached), response.fields[.paymentSessionSecret]))
                case .success(.reply(let reply)):
                    scheme.settle(exchange, as: Outcome(end: .replied, status: .ok, requestBytes: 0, responseBytes: 0))
                    guard reply.status != .conflict else { return promise.succeed((.refused("conflict"), nil)) }
                    guard case .bytes(let body) = reply.body else { return promise.succeed((.unavailable, nil)) }
                    promise.succeed((.answered(String(buffer: body)), nil))
                case .failure(let rejection as Rejection):
                    let type = rejection.problem.type.split(separator: "/").last.map(String.init) ?? ""
                    scheme.settle(exchange, as: Outcome(end: .replied, status: .ok, requestBytes: 0, responseBytes: 0))
                    promise.succeed((.refused(type), nil))
                case .failure:
                    scheme.settle(exchange, as: Outcome(end: .replied, status: .ok, requestBytes: 0, responseBytes: 0))
                    promise.succeed((.unavailable, nil))
                }
            }
            do {
                guard let found = try scheme.credential(in: exchange).immediate, let credential = found else {
                    throw ConformanceFailure("the scheme has not recognised its credential at once")
                }
                try scheme.redeem(credential, in: exchange).map { .success($0) }.recover { .failure($0) }
                    .whenComplete { finish($0.flatMap { $0 }) }
            } catch {
                finish(.failure(error))
            }
            return promise.futureResult
        }.get()
    }
}
