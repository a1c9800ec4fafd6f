import GatewayKit
import GatewayTesting
import Standard
import Testing

struct AuthStageTests {
    private let none = ExampleScheme()
    private let refusing = ExampleScheme(found: { throw Rejection(.preimage, "wrong") })

    @Test func `a request without a credential goes on`() throws {
        let exchange = Exchange.example()
        #expect(try AuthStage([none]).decision(about: exchange)?.isNext == true)
        #expect(exchange.credential == nil)
        #expect(exchange.rejection == nil)
    }

    @Test func `the schemes are left for the price stage in their order`() throws {
        let exchange = Exchange.example()
        _ = try AuthStage([ExampleScheme(name: "A"), ExampleScheme(name: "B")]).admit(exchange)
        #expect(exchange.schemes.compactMap { ($0 as? ExampleScheme)?.name } == ["A", "B"])
    }

    @Test func `the first credential that is found wins`() throws {
        let exchange = Exchange.example()
        let schemes = [
            none, ExampleScheme(found: { .example(id: 2) }), ExampleScheme(found: { .example(id: 3) }),
        ]
        _ = try AuthStage(schemes).decision(about: exchange)
        #expect(exchange.credential?.id == Credential.example(id: 2).id)
    }

    @Test func `a scheme is asked after another one has rejected`() throws {
        let exchange = Exchange.example()
        let decision = try AuthStage([refusing, ExampleScheme(found: { .example() })]).decision(about: exchange)
        #expect(decision?.isNext == true)
        #expect(exchange.credential != nil)
        #expect(exchange.rejection == nil)
    }

    @Test func `a rejection is kept when no scheme has a credential`() throws {
        let exchange = Exchange.example()
        #expect(try AuthStage([refusing, none]).decision(about: exchange)?.isNext == true)
        #expect(exchange.rejection?.reason == .preimage)
        #expect(exchange.credential == nil)
    }

    @Test func `of two rejections the first is kept`() throws {
        let exchange = Exchange.example()
        let second = ExampleScheme(found: { throw Rejection(.expired, "late") })
        _ = try AuthStage([refusing, second]).decision(about: exchange)
        #expect(exchange.rejection?.reason == .preimage)
    }

    @Test func `another error than a rejection is passed on`() {
        let broken = ExampleScheme(found: { throw StoreFailure("down") })
        #expect(throws: StoreFailure.self) { try AuthStage([broken]).decision(about: .example()) }
    }

    @Test func `a credential of a stage before is not lost to a later rejection`() throws {
        let exchange = Exchange.paid(.example())
        _ = try AuthStage([refusing]).decision(about: exchange)
        #expect(exchange.credential != nil)
        #expect(exchange.rejection == nil)
    }

    @Test func `a scheme that answers later is waited for`() async throws {
        let found = try await answered { loop in
            let exchange = Exchange.example(eventLoop: loop)
            let late = ExampleScheme(isLate: true, found: { .example(id: 7) })
            return try AuthStage([ExampleScheme(), late]).admit(exchange).map { _ in exchange.credential?.id }
        }
        #expect(found == Credential.example(id: 7).id)
    }

    @Test func `a rejection that comes later is kept while the next schemes are asked`() async throws {
        let reason = try await answered { loop in
            let exchange = Exchange.example(eventLoop: loop)
            let late = ExampleScheme(isLate: true, found: { throw Rejection(.revoked, "gone") })
            return try AuthStage([late, ExampleScheme()]).admit(exchange).map { _ in exchange.rejection?.reason }
        }
        #expect(reason == .revoked)
    }

    @Test func `a credential is found behind a rejection that comes later`() async throws {
        let reason = try await answered { loop in
            let exchange = Exchange.example(eventLoop: loop)
            let late = ExampleScheme(isLate: true, found: { throw Rejection(.revoked, "gone") })
            let good = ExampleScheme(isLate: true, found: { .example() })
            return try AuthStage([late, good]).admit(exchange).map { _ in
                exchange.credential == nil ? "none" : exchange.rejection.map { "\($0)" } ?? "found"
            }
        }
        #expect(reason == "found")
    }

    @Test func `an error that comes later is passed on`() async {
        await #expect(throws: StoreFailure.self) {
            _ = try await answered { loop in
                let broken = ExampleScheme(isLate: true, found: { throw StoreFailure("down") })
                return try AuthStage([broken]).admit(.example(eventLoop: loop))
            }
        }
    }

    // MARK: Policy

    private func make(_ value: Any?) -> (summary: String?, messages: [String]) {
        let settings = ExampleSettings(value)
        let services = Services.example(registry: ExampleSchemes.registry)
        let stage = settings.make(word: "auth") { try AuthStage(from: &$0, services) }
        return (stage?.summary, settings.messages)
    }

    @Test func `takes a word`() {
        #expect(make("first") == ("first", []))
    }

    @Test func `takes a list of words and maps`() {
        #expect(make(["second", ["use": "first", "valid-for": "30d"]]) == ("second, first", []))
    }

    @Test func `takes one scheme with its settings`() {
        #expect(make(["use": "first", "valid-for": "30d"]) == ("first", []))
        #expect(make(["first": ["valid-for": "30d"]]) == ("first", []))
    }

    @Test func `an unknown scheme is a mistake with a guess`() {
        #expect(
            make("fist").messages == ["unknown auth scheme 'fist' (did you mean 'first'?); there is first, second"]
        )
    }

    @Test func `an unknown key of a scheme is a mistake`() {
        #expect(
            make(["use": "first", "valid": "30d"]).messages
                == ["unknown key 'valid'; 'first' takes use, valid-for"]
        )
    }

    @Test func `no scheme is a mistake`() {
        let expected = ["'auth' needs a scheme: its word, or a list of schemes"]
        #expect(make(nil).messages == expected)
        #expect(make([Any]()).messages == expected)
    }

    @Test func `a scheme that stands twice is a mistake`() {
        #expect(make(["first", "first"]).messages == ["the scheme 'first' stands here twice"])
    }
}
