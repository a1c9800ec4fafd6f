import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOConcurrencyHelpers
import Standard
import Testing

/// Verifiers that take something, in the stage that asks them.
struct ReservingVerifierTests {
    /// Notes what it is asked, by its condition.
    private struct Purse: ReservingVerifier {
        let condition: String
        let events: NIOLockedValueBox<[String]>
        var isLate = false
        var refuses = false
        var fails = false

        func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool { caveat.value != "no" }
        func narrows(_ earlier: Caveat, to later: Caveat) -> Bool { true }

        func reserve(for caveats: [Caveat], _ exchange: Exchange) throws -> Eventually<Rejection?> {
            note("\(condition) takes for \(caveats.map(\.value).joined(separator: " "))")
            let rejection = refuses ? Rejection(.used, "\(condition) is empty") : nil
            guard isLate else {
                if fails { throw StoreFailure("down") }
                return .now(rejection)
            }
            return exchange.later { [fails] in
                if fails { throw StoreFailure("down") }
                return rejection
            }
        }

        func giveBack(_ exchange: Exchange) { note("\(condition) gives back") }

        private func note(_ event: String) { events.withLockedValue { $0.append(event) } }
    }

    private let events = NIOLockedValueBox<[String]>([])

    private func purse(_ condition: String, isLate: Bool, refuses: Bool = false, fails: Bool = false) -> Purse {
        Purse(condition: condition, events: events, isLate: isLate, refuses: refuses, fails: fails)
    }

    /// What became of the credential; `nil`: the stage failed.
    private struct Verdict: Sendable, Equatable {
        let holds: Bool
        let detail: String?
    }

    private func judge(
        _ purses: [Purse],
        _ caveats: [String],
        previews: Bool = false,
        ending outcome: Outcome? = nil
    ) async throws -> Verdict {
        let stage = CaveatsStage(purses)
        return try await answered { loop in
            let exchange = Exchange.example(eventLoop: loop)
            exchange.credential = .with(caveats)
            let decision = try previews ? stage.preview(exchange) : stage.admit(exchange)
            return decision.map { _ in
                let verdict = Verdict(holds: exchange.caveatsHold, detail: exchange.rejection?.detail)
                if let outcome {
                    stage.settle(exchange, as: outcome)
                    stage.settle(exchange, as: outcome)
                }
                return verdict
            }
        }
    }

    private let served = Outcome(end: .answered, status: .ok, requestBytes: 0, responseBytes: 0)
    private let failed = Outcome(end: .answered, status: .badGateway, requestBytes: 0, responseBytes: 0)
    private var told: [String] { events.withLockedValue { $0 } }

    @Test(arguments: [false, true])
    func `each takes for its own caveats, in the order of the policy`(_ isLate: Bool) async throws {
        let purses = [purse("a", isLate: isLate), purse("b", isLate: !isLate), purse("c", isLate: isLate)]
        let verdict = try await judge(purses, ["b=1", "a=2", "b=3"], ending: served)
        #expect(verdict == Verdict(holds: true, detail: nil))
        #expect(told == ["a takes for 2", "b takes for 1 3"])
    }

    @Test(arguments: [false, true])
    func `nothing is taken when a caveat does not hold`(_ isLate: Bool) async throws {
        let verdict = try await judge([purse("a", isLate: isLate), purse("b", isLate: isLate)], ["a=1", "b=no"])
        #expect(!verdict.holds)
        #expect(told == [])
    }

    @Test(arguments: [false, true])
    func `when one refuses, those before it give back, and the credential does not count`(_ isLate: Bool) async throws {
        let purses = [
            purse("a", isLate: isLate), purse("b", isLate: isLate), purse("c", isLate: isLate, refuses: true),
        ]
        let verdict = try await judge(purses, ["a=1", "b=1", "c=1"], ending: served)
        #expect(verdict == Verdict(holds: false, detail: "c is empty"))
        #expect(told == ["a takes for 1", "b takes for 1", "c takes for 1", "b gives back", "a gives back"])
    }

    @Test(arguments: [false, true])
    func `when one cannot tell, those before it give back, and the request is refused`(_ isLate: Bool) async throws {
        let purses = [purse("a", isLate: isLate), purse("b", isLate: isLate, fails: true)]
        await #expect(throws: StoreFailure.self) { try await judge(purses, ["a=1", "b=1"]) }
        #expect(told == ["a takes for 1", "b takes for 1", "a gives back"])
    }

    @Test func `a request that failed is given back once, the last one first`() async throws {
        _ = try await judge([purse("a", isLate: true), purse("b", isLate: false)], ["a=1", "b=1"], ending: failed)
        #expect(told == ["a takes for 1", "b takes for 1", "b gives back", "a gives back"])
    }

    /// A stage whose client leaves while it decides is settled when it has decided (SettlementTests).
    @Test func `what was taken for a client that left meanwhile is given back`() async throws {
        let left = Outcome(end: .clientLeft, status: nil, requestBytes: 0, responseBytes: 0)
        _ = try await judge([purse("a", isLate: true)], ["a=1"], ending: left)
        #expect(told == ["a takes for 1", "a gives back"])
    }

    @Test func `in shadow nothing is taken`() async throws {
        let verdict = try await judge([purse("a", isLate: false)], ["a=1"], previews: true, ending: failed)
        #expect(verdict.holds)
        #expect(told == [])
    }
}
