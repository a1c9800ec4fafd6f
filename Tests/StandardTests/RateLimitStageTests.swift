import GatewayKit
import GatewayTesting
import HTTPTypes
import Standard
import Testing

struct RateLimitStageTests {
    private let time = ManualTime()

    private func make(_ value: Any?) -> (stage: RateLimitStage?, messages: [String]) {
        let settings = ExampleSettings(value)
        let stage = settings.make(word: "rate-limit") {
            try RateLimitStage(from: &$0, .example(time: time.source))
        }
        return (stage, settings.messages)
    }

    private func statuses(_ stage: RateLimitStage?, _ exchanges: [Exchange]) throws -> [Int] {
        let stage = try #require(stage)
        return try exchanges.map { try stage.decision(about: $0)?.reply?.status.code ?? 0 }
    }

    @Test func `what comes too fast is refused and says when to come back`() throws {
        let stage = try #require(make("1/10s").stage)
        #expect(try stage.decision(about: .example())?.isNext == true)
        time.advance(by: .milliseconds(1))
        let reply = try #require(try stage.decision(about: .example())?.reply)
        #expect(reply.status.code == 429)
        #expect(reply.fields.values(of: .retryAfter) == ["10"])
        #expect(reply.problem?.detail == "more than 1/10s for this address")
    }

    @Test(arguments: [
        ("1/s", 0, "1"), ("10/s", 0, "1"), ("1/10s", 9_000, "1"), ("1/10s", 8_999, "2"), ("3/10s", 0, "4"),
    ])
    func `the wait is rounded up to whole seconds and never zero`(
        _ limit: String,
        _ milliseconds: Int,
        _ expected: String
    ) throws {
        let stage = try #require(make(["limit": limit, "burst": "1"]).stage)
        _ = try stage.decision(about: .example())
        time.advance(by: .milliseconds(milliseconds))
        #expect(try stage.decision(about: .example())?.reply?.fields[.retryAfter] == expected)
    }

    @Test func `who waits as long as told passes`() throws {
        let stage = make("1/10s").stage
        #expect(try statuses(stage, [.example(), .example()]) == [0, 429])
        time.advance(by: .seconds(10))
        #expect(try statuses(stage, [.example(), .example()]) == [0, 429])
    }

    @Test func `a token counts for itself and an address where there is none`() throws {
        let stage = make("1/h").stage
        let exchanges: [Exchange] = [
            .paid(.example(id: 1)), .paid(.example(id: 2)), .example(), .paid(.example(id: 1)), .example(),
        ]
        #expect(try statuses(stage, exchanges) == [0, 0, 0, 429, 429])
    }

    @Test func `credentials that pay for one request count by address`() throws {
        let stage = make("1/h").stage
        let exchanges = [1, 2].map { (number: UInt8) in
            Exchange.paid(
                Credential(
                    scheme: "example",
                    id: CredentialID(Bytes32(repeatElement(number, count: 32)) ?? .zero),
                    payment: PaymentHash(.zero),
                    caveats: [],
                    redemption: .every
                )
            )
        }
        #expect(try statuses(stage, exchanges) == [0, 429])
    }

    @Test func `a refused token is told so`() throws {
        let stage = try #require(make("1/h").stage)
        _ = try stage.decision(about: .paid(.example()))
        let reply = try stage.decision(about: .paid(.example()))?.reply
        #expect(reply?.problem?.detail == "more than 1/h for this token")
    }

    @Test func `per address counts tokens of one client together`() throws {
        let stage = make(["limit": "1/h", "per": "address"]).stage
        #expect(try statuses(stage, [.paid(.example(id: 1)), .paid(.example(id: 2))]) == [0, 429])
    }

    @Test func `per route counts everyone together`() throws {
        let stage = make(["limit": "1/h", "per": "route"]).stage
        let other = Exchange.example(client: Client(address: IPAddress("198.51.100.7")))
        #expect(try statuses(stage, [.example(), other]) == [0, 429])
    }

    @Test func `clients without an address count together`() throws {
        let stage = make("1/h").stage
        let exchanges = (0..<2).map { _ in Exchange.example(client: Client(address: nil)) }
        #expect(try statuses(stage, exchanges) == [0, 429])
    }

    @Test func `every rule of a list must let a request pass`() throws {
        let made = make(["2/h", ["limit": "3/h", "per": "route"]] as [Any])
        let other = Exchange.example(client: Client(address: IPAddress("198.51.100.7")))
        #expect(try statuses(made.stage, [.example(), .example(), .example(), other, other]) == [0, 0, 429, 0, 429])
        #expect(made.messages == [])
    }

    @Test func `the summary says rates, bursts and for whom`() {
        #expect(make("20/s").stage?.summary == "20/s, per token or address")
        #expect(make(["limit": "20/s", "burst": "40"]).stage?.summary == "20/s burst 40, per token or address")
        #expect(
            make(["1/s", ["limit": "9/m", "per": "route"]] as [Any]).stage?.summary
                == "1/s, per token or address; 9/m, per route"
        )
    }

    @Test(arguments: [
        (["limit": "20/sec"], ["'limit' should be a rate such as 20/s, 100/m or 1000/h, not '20/sec'"]),
        (["burst": "3"], ["'rate-limit' needs 'limit': a rate such as 20/s, 100/m or 1000/h"]),
        (
            ["limit": "1/s", "per": "adress"],
            ["'per' should be one of token, address, route, not 'adress' (did you mean 'address'?)"]
        ),
        (["limit": "1/s", "burst": "0"], ["'burst' should be a whole number from 1 to 1000000000, not '0'"]),
        (
            ["limit": "1/s", "max-keys": "1000001"],
            ["'max-keys' should be a whole number from 1 to 1000000, not '1000001'"]
        ),
        (
            ["limit": "1/s", "brust": "2"],
            ["unknown key 'brust' (did you mean 'burst'?); 'rate-limit' takes burst, limit, max-keys, per"]
        ),
        (["limit": "7/30d", "burst": "1000000000"], ["a burst of 1000000000 at 7/30d is too large to count"]),
    ])
    func `a mistake is told`(_ settings: [String: String], _ messages: [String]) {
        #expect(make(settings).messages == messages)
    }

    @Test func `what is no rate is a mistake`() {
        #expect(make("fast").messages == ["'rate-limit' should be a rate such as 20/s, 100/m or 1000/h, not 'fast'"])
        #expect(
            make(nil).messages == ["'rate-limit' needs a rate such as 20/s, 100/m or 1000/h, or { limit: 20/s, ... }"]
        )
    }

    // MARK: By an expression

    private func tenant(_ name: String?) -> Exchange {
        .example(.example(fields: name.map { [("X-Tenant", $0)] } ?? []))
    }

    @Test func `an expression says whose requests are counted`() throws {
        let stage = make(["limit": "1/h", "per": "request.headers['x-tenant']"]).stage
        #expect(try statuses(stage, [tenant("a"), tenant("b"), tenant("a"), tenant("b")]) == [0, 0, 429, 429])
        #expect(stage?.summary == "1/h, per request.headers['x-tenant']")
    }

    @Test func `requests for which it gives nothing count together`() throws {
        let stage = make(["limit": "1/h", "per": "request.headers['x-tenant']"]).stage
        let long = String(repeating: "x", count: 1_000)
        #expect(try statuses(stage, [tenant(nil), tenant(nil), tenant(long), tenant("a")]) == [0, 429, 429, 0])
    }

    @Test func `an address or a number is as good as a text`() throws {
        let stage = make(["limit": "1/h", "per": "size(request.path)"]).stage
        #expect(try statuses(stage, [.example(.example(.get, "/a")), .example(.example(.get, "/b"))]) == [0, 429])
        #expect(make(["limit": "1/h", "per": "client.address"]).messages == [])
    }

    @Test(arguments: [
        ("adress", "'per' should be one of token, address, route, not 'adress' (did you mean 'address'?)"),
        ("request.path == '/'", "'per': it should give a text, an int or an address, and this gives a bool"),
        (
            "request.json.tenant",
            "'per': 'request.json' is not known here: what comes too fast is refused before its body is read; there is"
                + " request.method, request.path, request.host, request.scheme, request.query, request.headers,"
                + " request.size, request.time, client.address, route, service, credential.scheme, credential.paid"
        ),
    ])
    func `a wrong expression is told`(_ per: String, _ message: String) {
        #expect(make(["limit": "1/h", "per": per]).messages == [message])
    }
}
