import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOConcurrencyHelpers
import Standard
import Testing

struct RemoteCaveatTests {
    /// Says yes to everything but `no`, and keeps what it was asked.
    private final class Remote: RemoteCaveatVerifier {
        let conditions: [String]?
        let summary = "remote"
        private let asked = NIOLockedValueBox<[[String]]>([])

        init(_ conditions: [String]? = nil) {
            self.conditions = conditions
        }

        var questions: [[String]] { asked.withLockedValue { $0 } }

        func rejection(of caveats: [Caveat], in exchange: Exchange) throws -> Eventually<Rejection?> {
            asked.withLockedValue { $0.append(caveats.map(\.description)) }
            if caveats.contains(where: { $0.value == "down" }) { throw Reply(.serviceUnavailable) }
            return .now(caveats.contains { $0.value == "no" } ? Rejection(.caveat, "no") : nil)
        }
    }

    private func admit(_ caveats: [String], by stage: CaveatsStage) throws -> Exchange {
        let exchange = Exchange.paid(.with(caveats))
        _ = try stage.decision(about: exchange)
        return exchange
    }

    @Test func `it is asked once about all that nobody else understands`() throws {
        let remote = Remote()
        let stage = CaveatsStage([ExampleVerifier()], remote: [remote], ignoring: ["note"])
        let exchange = try admit(["limit=5", "a=1", "note=x", "b=2", "a=0"], by: stage)
        #expect(exchange.caveatsHold)
        #expect(remote.questions == [["a=1", "b=2", "a=0"]])
    }

    @Test func `it is not asked about a credential that is refused without it, nor about one without such caveats`()
        throws
    {
        let remote = Remote()
        let stage = CaveatsStage([ExampleVerifier()], remote: [remote])
        let refused = try admit(["limit=0", "a=1"], by: stage)
        #expect(refused.rejection?.reason == .caveat)
        let plain = try admit(["limit=5"], by: stage)
        #expect(plain.caveatsHold)
        #expect(remote.questions.isEmpty)
    }

    @Test func `what it refuses takes the credential away`() throws {
        let exchange = try admit(["a=1", "a=no"], by: CaveatsStage([], remote: [Remote()]))
        #expect(exchange.credential == nil)
        #expect(!exchange.caveatsHold)
        #expect(exchange.rejection == Rejection(.caveat, "no"))
    }

    @Test func `a service that cannot say is no reason to take the credential away`() throws {
        let stage = CaveatsStage([], remote: [Remote()])
        let exchange = Exchange.paid(.with(["a=down"]))
        #expect(throws: Reply.self) { _ = try stage.admit(exchange) }
        #expect(exchange.credential != nil)
        #expect(exchange.rejection == nil)
    }

    @Test func `conditions that none of them answers for are not understood`() throws {
        let remote = Remote(["a"])
        let exchange = try admit(["a=1", "b=1"], by: CaveatsStage([], remote: [remote]))
        #expect(exchange.rejection?.reason == .unknownCaveat)
        #expect(remote.questions.isEmpty)
    }

    @Test func `several are asked one after the other, each for its own`() throws {
        let (one, other) = (Remote(["a"]), Remote())
        let stage = CaveatsStage([], remote: [one, other])
        #expect(try admit(["a=1", "b=1"], by: stage).caveatsHold)
        #expect(one.questions == [["a=1"]])
        #expect(other.questions == [["b=1"]])
        #expect(try admit(["a=no", "b=1"], by: stage).rejection != nil)
        #expect(other.questions.count == 1)
    }
}
