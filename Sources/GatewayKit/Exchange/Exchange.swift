public import HTTPTypes
public import Logging
public import NIOCore

/// One request and what the stages have learned about it.
///
/// Belongs to one event loop and is deliberately not `Sendable`: every stage sees it there and nowhere else.
public final class Exchange {
    public let id: ExchangeID
    /// As the client sent it. What is forwarded differs by `edits`.
    public let request: RequestHead
    public let client: Client
    /// A first stage that reads the body may choose another one, which begins with that stage.
    public package(set) var route: Route
    public let eventLoop: any EventLoop

    /// What an `auth` stage recognised; `nil` when there is none or when it was rejected.
    public var credential: Credential?
    /// The scheme that recognised `credential`.
    public var recogniser: (any AuthScheme)?
    /// True once the payment of `credential` was taken for this exchange.
    public var isRedeemed = false
    /// True once something is reserved for the exchange, which is settled when it has ended: whoever took something for it
    /// leaves it to that to give back what was not used.
    package var isReserved = false
    /// True once a `caveats` stage has understood and accepted every caveat of `credential`.
    public var caveatsHold = false
    /// Why a credential that was there does not count. A request with a rejection is never forwarded.
    public var rejection: Rejection?
    /// The schemes that a `price` stage asks for an offer, in the order of their lines in the answer.
    public var schemes: [any AuthScheme] = []
    public var edits = RequestEdits()
    /// The longest request body that is taken; a longer one is answered 413. `nil`: any. The route's, unless a stage
    /// sets another.
    public var bodyLimit: ByteCount?
    /// True once the price was made of the body: what is sold for one body must not buy what another one asks for.
    package var isPricedByBody = false
    /// Fields of the request that the price was made of (`notePrice(by:)`): what is sold for their values must not buy what
    /// others ask for. `Host` stands for the authority, `Content-Length` for how long the body says it is.
    package private(set) var pricedFields: [FieldName] = []
    /// Sees the body of the response as it goes to the client: the watches that were added, as one.
    public package(set) var responseWatch: (any ResponseWatch)?
    /// Is asked about the body of the upstream's response: the filters that were added, as one.
    public package(set) var responseFilter: (any ResponseFilter)?
    /// Why there is no upstream's response, where the gateway answers in its place; told before stages adjust that answer.
    public package(set) var upstreamFailure: UpstreamFailure?
    /// True from the moment that the upstream may have seen the request.
    public package(set) var wasForwarded = false
    /// Called once when the client leaves, or the server stops, while a stage still decides: nobody gets what comes of it.
    package var whenAbandoned: (() -> Void)?
    /// True when another proxy serves the request, and the gateway sees nothing of the response.
    package var isServedElsewhere = false
    /// The status of the gateway's own answer before it got its client's form, in which a refusal of JSON-RPC or gRPC is a
    /// 200; `nil` when the gateway did not answer.
    public package(set) var repliedStatus: HTTPResponse.Status?
    /// True when the gateway has refused the request, and nothing of it went any further: a stage refused it, or no
    /// connection could be had.
    package var wasRefusedHere: Bool { !wasForwarded && repliedStatus.map { $0.code >= 400 } ?? false }
    private var hold: EventLoopFuture<Void>?
    /// The edge of what the exchange may take in all, for a client that has named one (`grpc-timeout`); `nil`: none.
    package var deadline: NIODeadline?

    /// Where somebody asks why the request is answered as it is.
    package var explanation: Explanation?

    package weak var bodySource: (any RequestBodySource)?
    private let baseLogger: Logger
    private var facts: [(type: ObjectIdentifier, value: Any)] = []

    public init(
        id: ExchangeID,
        request: RequestHead,
        client: Client,
        route: Route,
        logger: Logger,
        eventLoop: any EventLoop
    ) {
        self.id = id
        self.request = request
        self.client = client
        self.route = route
        self.eventLoop = eventLoop
        bodyLimit = route.bodyLimit
        baseLogger = logger
    }

    /// Carries the id of the exchange and the name of the route.
    public var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "exchange"] = .stringConvertible(id)
        logger[metadataKey: "route"] = .string(route.name)
        return logger
    }

    /// Something that one stage learned and a later one, or its own `settle`, wants to know; one value a type.
    public subscript<Fact>(fact: Fact.Type) -> Fact? {
        get {
            facts.first { $0.type == ObjectIdentifier(fact) }?.value as? Fact
        }
        set {
            facts.removeAll { $0.type == ObjectIdentifier(fact) }
            if let newValue {
                facts.append((ObjectIdentifier(fact), newValue))
            }
        }
    }

    /// The types of what is known.
    package var factTypes: [ObjectIdentifier] { facts.map(\.type) }

    /// Runs work that cannot answer at once, in a task of its own; the answer arrives on the exchange's event loop.
    public func later<Value: Sendable>(_ work: @Sendable @escaping () async throws -> Value) -> Eventually<Value> {
        .later(eventLoop.makeFutureWithTask(work))
    }

    /// Called in `adjust`: nothing of the response, its head included, goes to the client before `done`. The time that
    /// takes is nobody's patience but the stage's.
    ///
    /// When it fails, the client gets the `Reply` that it fails with (else a 500) in the response's place, and that is
    /// adjusted in its turn.
    public func holdResponse(until done: Eventually<Void>) {
        guard case .later(let future) = done else { return }
        hold = hold.map { $0.and(future).map { _ in } } ?? future
    }

    /// Has the body of the upstream's response pass a filter, at the latest from `adjust`. It is asked about what the
    /// filters before it make of the body and send; so those of stages that stand further behind, which adjust first, see
    /// it earlier.
    public func addResponseFilter(_ filter: any ResponseFilter) {
        responseFilter = responseFilter.map { FilterChain($0, then: filter, on: eventLoop) } ?? filter
    }

    /// What the credential stands in, and what comes only with it: the request that pays has others than the one that asked.
    private static let fieldsOfPaying: [FieldName] = [
        .authorization, .paymentAuthorization, .acceptPayment, .idempotencyKey,
    ]

    /// The price depends on these fields of the request.
    package func notePrice(by fields: [FieldName]) {
        for field in fields where !pricedFields.contains(field) && !Self.fieldsOfPaying.contains(field) {
            pricedFields.append(field)
        }
    }

    /// Has the body of the response be seen as it goes to the client, at the latest from `adjust`.
    public func addResponseWatch(_ watch: any ResponseWatch) {
        responseWatch = responseWatch.map { WatchPair($0, and: watch) } ?? watch
    }

    /// What the response is held for, told once.
    package func takeHold() -> EventLoopFuture<Void>? {
        defer { hold = nil }
        return hold
    }

    /// The whole request body, which is forwarded afterwards as it came.
    ///
    /// - Returns: fails with `BodyTooLarge` when the body is longer than `limit`; the answer to that is 413.
    public func body(upTo limit: ByteCount) -> Eventually<ByteBuffer> {
        guard request.body != .none, !request.opensWebSocket, let bodySource else { return .now(ByteBuffer()) }
        if case .length(let length) = request.body, length > UInt64(limit.bytes) {
            return .later(eventLoop.makeFailedFuture(BodyTooLarge(limit: limit)))
        }
        return bodySource.collectBody(upTo: limit)
    }

    /// The beginning of the request body, for stages that can do with that: a longer body is forwarded all the same.
    ///
    /// A stage further behind that wants the whole of such a body is told that it is longer than `limit`.
    ///
    /// - Returns: at most `limit` bytes; all of the body where it is not longer.
    public func bodyPrefix(upTo limit: ByteCount) -> Eventually<ByteBuffer> {
        guard request.body != .none, !request.opensWebSocket, let bodySource else { return .now(ByteBuffer()) }
        return bodySource.collectBody(upTo: limit).recover { error in
            guard error is BodyTooLarge else { throw error }
            return bodySource.collectedBody
        }.map { $0.getSlice(at: $0.readerIndex, length: min($0.readableBytes, max(limit.bytes, 0))) ?? $0 }
    }

    /// Why this request must not be forwarded as it stands, whatever the stages decided: a credential that does not
    /// count, or one whose payment nobody has taken.
    package var unresolvedRejection: Rejection? {
        if let uncheckedRejection { return uncheckedRejection }
        guard let credential, credential.redemption != .none, !isRedeemed else { return nil }
        return Rejection(.service, "the payment of the credential is not taken on this route")
    }

    /// Why the credential does not count: it was rejected, or nobody has checked its caveats.
    package var uncheckedRejection: Rejection? {
        if let rejection { return rejection }
        guard let credential, !credential.caveats.isEmpty, !caveatsHold else { return nil }
        return Rejection(.unknownCaveat, "the caveats of the credential were not checked on this route")
    }

    /// The answer in place of forwarding a request that must not be forwarded as it stands: 401, and by which schemes
    /// another credential would be recognised.
    package var refusal: Reply? {
        guard let rejection = unresolvedRejection else { return nil }
        var fields = Fields()
        for scheme in schemes {
            for line in scheme.challenge(in: self).lines {
                fields.add(.wwwAuthenticate, line)
            }
        }
        return Reply(.unauthorized, rejection.problem, fields: fields)
    }
}

/// Sees a response's body as it is written to the client, which it neither copies nor delays. Belongs to the exchange's
/// event loop; what became of the response in the end is told to `Stage.settle`.
public protocol ResponseWatch: AnyObject {
    func passed(_ part: ByteBuffer)
}

/// Two watches as one.
private final class WatchPair: ResponseWatch {
    private let first: any ResponseWatch
    private let second: any ResponseWatch

    init(_ first: any ResponseWatch, and second: any ResponseWatch) {
        self.first = first
        self.second = second
    }

    func passed(_ part: ByteBuffer) {
        first.passed(part)
        second.passed(part)
    }
}

/// Where an exchange gets its body from: the connection.
package protocol RequestBodySource: AnyObject {
    /// Called on the event loop, at most once for each limit.
    func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer>

    /// What has come of a body that was longer than somebody wanted to read: more than that. By default nothing.
    var collectedBody: ByteBuffer { get }
}

extension RequestBodySource {
    package var collectedBody: ByteBuffer { ByteBuffer() }
}

/// The request body is longer than a stage wants to read: 413.
public struct BodyTooLarge: Error {
    public let limit: ByteCount

    public init(limit: ByteCount) {
        self.limit = limit
    }
}
