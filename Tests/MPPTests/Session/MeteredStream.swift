import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import MPP
import NIOCore
import NIOEmbedded
import Testing

/// A metered response whose event loop, clock and client are the test's.
final class MeteredStream: Sendable {
    /// What belongs to the event loop.
    private final class Ends {
        let filter: MeteredResponse
        let outlet = LeavingOutlet()
        var answers = 0
        var trailers: Fields?

        init(_ filter: MeteredResponse) { self.filter = filter }

        func settle(_ end: Outcome.End) {
            filter.settle(as: Outcome(end: end, status: .ok, requestBytes: 0, responseBytes: 0))
        }
    }

    struct Seen: Sendable {
        var text: String
        var end: RecordedOutlet.End?
        /// Parts that were answered.
        var answers: Int
        var hasEnded: Bool
    }

    private static let longest = Duration.seconds(60)

    let account: ScriptedAccount
    let loop = NIOAsyncTestingEventLoop()
    private let ends: NIOLoopBound<Ends>

    init(
        _ account: ScriptedAccount,
        by meter: SessionMeter = .event,
        isEventStream: Bool = true,
        patience: MeteredResponse.Patience = .init()
    ) async throws {
        self.account = account
        let loop = loop
        ends = try await loop.executeInContext {
            let filter = MeteredResponse(
                account,
                by: meter,
                isEventStream: isEventStream,
                patience: patience,
                eventLoop: loop,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            return NIOLoopBound(Ends(filter), eventLoop: loop)
        }
    }

    /// Sends a part; what it leads to is seen by `see`.
    func part(_ text: String) async throws {
        let ends = ends
        try await loop.executeInContext {
            let ends = ends.value
            let answer = ends.filter.passage(of: ByteBuffer(string: text), to: ends.outlet)
            Self.answered(answer, ends) { bytes in
                ends.outlet.send(bytes)
                ends.answers += 1
            }
        }
        await loop.run()
    }

    /// Sends one part on the answer about the other, as an upstream does of which much has come, and then its end.
    func whole(_ texts: [String]) async throws {
        let ends = ends
        try await loop.executeInContext { Self.send(texts[...], ends.value) }
        await loop.run()
    }

    private static func send(_ texts: ArraySlice<String>, _ ends: Ends) {
        guard let text = texts.first else {
            return answered(ends.filter.trailers(after: Fields(), to: ends.outlet), ends) { ends.trailers = $0 }
        }
        answered(ends.filter.passage(of: ByteBuffer(string: text), to: ends.outlet), ends) { bytes in
            ends.outlet.send(bytes)
            ends.answers += 1
            send(texts.dropFirst(), ends)
        }
    }

    func upstreamEnds() async throws {
        let ends = ends
        try await loop.executeInContext {
            let ends = ends.value
            let answer = ends.filter.trailers(after: Fields([(FieldName(.server), "s")]), to: ends.outlet)
            Self.answered(answer, ends) { ends.trailers = $0 }
        }
        await loop.run()
    }

    private static func answered<Value: Sendable>(
        _ answer: Eventually<Value>,
        _ ends: Ends,
        _ body: @escaping (Value) -> Void
    ) {
        switch answer {
        case .now(let value): body(value)
        case .later(let future): future.assumeIsolated().whenSuccess { body($0) }
        }
    }

    func settle(_ end: Outcome.End = .answered) async throws {
        let ends = ends
        try await loop.executeInContext {
            ends.value.settle(end)
        }
        await loop.run()
    }

    /// The client leaves while this send is under way, counted from now.
    func leave(inSend number: Int) async throws {
        let ends = ends
        try await loop.executeInContext {
            let ends = ends.value
            ends.outlet.patience = number
            ends.outlet.leaves = { [unowned ends] in ends.settle(.clientLeft) }
        }
    }

    func pass(_ time: TimeAmount) async {
        await loop.advanceTime(by: time)
    }

    var seen: Seen {
        get async throws {
            let ends = ends
            return try await loop.executeInContext {
                let ends = ends.value
                return Seen(
                    text: ends.outlet.record.text,
                    end: ends.outlet.record.end,
                    answers: ends.answers,
                    hasEnded: ends.trailers != nil
                )
            }
        }
    }

    /// Turns the event loop until it is so; the time only bounds a test that fails.
    @discardableResult
    func see(_ what: String, _ isMet: (Seen) -> Bool) async throws -> Seen {
        let end = ContinuousClock.now + Self.longest
        while ContinuousClock.now < end {
            await loop.run()
            let seen = try await seen
            if isMet(seen) { return seen }
            await Task.yield()
        }
        let seen = try await seen
        Issue.record("never: \(what); instead \(seen), \(account.journal)")
        return seen
    }

    /// The same for the account.
    func account(_ what: String, _ isMet: (ScriptedAccount.State) -> Bool) async throws {
        let end = ContinuousClock.now + Self.longest
        while ContinuousClock.now < end {
            await loop.run()
            if isMet(account.now) { return }
            await Task.yield()
        }
        Issue.record("never: \(what); instead \(account.now)")
    }
}
