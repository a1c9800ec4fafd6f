import GatewayKit
import GatewayTesting
import L402
import Testing

struct CaveatVerifierTests {
    private let time = ManualTime()
    private var services: Services { .example(time: time.source, route: "quotes") }

    private func made<Verifier: CaveatVerifier & Plugin>(
        _ type: Verifier.Type,
        _ settings: Any? = nil
    ) throws -> Verifier {
        let example = ExampleSettings(settings)
        let verifier = try #require(example.make { try type.init(from: &$0, services) })
        #expect(example.messages.isEmpty)
        return verifier
    }

    /// An exchange of the service `quotes` with a credential that was sold for `sold`.
    private func exchange(sold: String = "quotes:0,other:1") -> Exchange {
        let exchange = Exchange.example(route: Route(name: "any", service: "quotes", stages: []))
        exchange.credential = Credential(
            scheme: "l402",
            id: CredentialID(.zero),
            payment: Shop.payment,
            caveats: [Caveat(condition: "services", value: sold)]
        )
        return exchange
    }

    private static let hostile = [
        "", ",", ":", ":0", "quotes", "quotes:", "quotes:x", "quotes:-1", "quotes:0:0", "quotes:0,", ",quotes:0",
        "quotes:99999999999999999999", "quotes:0,other", "Quotes:0", "quotes :0", "quotes:٣",
    ]

    // MARK: service

    @Test(arguments: ["quotes:0", "other:0,quotes:0", "quotes:00", "quotes:0,quotes:1"])
    func `service allows a list with its service`(value: String) throws {
        let verifier = try made(ServiceVerifier.self)
        #expect(verifier.allows(Caveat(condition: "services", value: value), exchange()))
    }

    @Test(arguments: hostile + ["other:0", "quotes:1", "other:0,quotes:255"])
    func `service refuses any other list`(value: String) throws {
        let verifier = try made(ServiceVerifier.self)
        #expect(!verifier.allows(Caveat(condition: "services", value: value), exchange()))
    }

    @Test(arguments: [
        ("a:0,b:0", "a:0", true), ("a:0,b:0", "b:0,a:0", true), ("a:0,b:0", "b:1,a:0", false), ("a:2", "a:1", false),
        ("a:0", "a:0", true), ("a:0", "a:0,b:0", false),
        ("a:0", "b:0", false), ("a:0", "", false), ("", "", false), ("a:0", "a", false),
    ])
    func `service lets only fewer services follow`(earlier: String, later: String, narrows: Bool) throws {
        let verifier = try made(ServiceVerifier.self)
        let caveats = [earlier, later].map { Caveat(condition: "services", value: $0) }
        #expect(verifier.narrows(caveats[0], to: caveats[1]) == narrows)
    }

    @Test(arguments: [
        ("quotes:2", true, true), ("quotes:3", true, false), ("quotes:1", false, false), ("other:2", false, false),
    ])
    func `service asks for the tier that the route sells, or with higher-tiers for one above it`(
        value: String,
        allowsHigher: Bool,
        allows: Bool
    ) throws {
        let services = services
        services.sales.note([Sale(scheme: "l402", caveats: [], tier: 2)])
        let settings = ExampleSettings(["higher-tiers": "true"])
        let exact = try #require(ExampleSettings().make { ServiceVerifier(from: &$0, services) })
        let higher = try #require(settings.make { ServiceVerifier(from: &$0, services) })
        let caveat = Caveat(condition: "services", value: value)
        #expect(exact.allows(caveat, exchange()) == allows)
        #expect(higher.allows(caveat, exchange()) == allowsHigher)
        #expect(settings.messages.isEmpty)
    }

    @Test func `service covers the condition services and says what is wrong`() throws {
        let verifier = try made(ServiceVerifier.self)
        #expect(verifier.condition == "services")
        #expect(verifier.covers(Caveat(condition: "services", value: "x"), of: exchange()))
        #expect(!verifier.covers(Caveat(condition: "service", value: "x"), of: exchange()))
        #expect(verifier.rejection(of: Caveat(condition: "services", value: "x")).reason == .service)
    }

    // MARK: expires

    @Test func `expires allows until the second before the end`() throws {
        let verifier = try made(ExpiryVerifier.self)
        let caveat = Caveat(condition: "quotes_valid_until", value: "\(time.now.seconds + 10)")
        #expect(verifier.allows(caveat, exchange()))
        time.advance(by: .milliseconds(9_999))
        #expect(verifier.allows(caveat, exchange()))
        time.advance(by: .milliseconds(1))
        #expect(!verifier.allows(caveat, exchange()))
        #expect(verifier.rejection(of: caveat).reason == .expired)
    }

    @Test(arguments: [
        "", "x", "-1", "+99999999999", "1e12", "9999999999 ", "9223372036854775808", "٩٩٩٩٩٩٩٩٩٩٩", "0x7fffffffff",
    ])
    func `expires refuses what is no time`(value: String) throws {
        let verifier = try made(ExpiryVerifier.self)
        #expect(!verifier.allows(Caveat(condition: "quotes_valid_until", value: value), exchange()))
    }

    @Test func `expires understands the largest number`() throws {
        let verifier = try made(ExpiryVerifier.self)
        #expect(verifier.allows(Caveat(condition: "quotes_valid_until", value: "9223372036854775807"), exchange()))
    }

    @Test func `expires holds for another service that the credential was sold for`() throws {
        let verifier = try made(ExpiryVerifier.self)
        let caveat = Caveat(condition: "other_valid_until", value: "1")
        #expect(verifier.covers(caveat, of: exchange()))
        #expect(verifier.allows(caveat, exchange()))
    }

    @Test(arguments: [
        "stranger_valid_until", "_valid_until", "valid_until", "quotes_valid_until2", "Quotes_valid_until",
    ])
    func `expires covers no other condition`(condition: String) throws {
        let verifier = try made(ExpiryVerifier.self)
        let caveat = Caveat(condition: condition, value: "9999999999")
        #expect(!verifier.covers(caveat, of: exchange()))
        #expect(!verifier.allows(caveat, exchange()))
    }

    @Test func `expires covers its own service without a credential's list`() throws {
        let verifier = try made(ExpiryVerifier.self)
        #expect(verifier.condition == "quotes_valid_until")
        #expect(verifier.covers(Caveat(condition: verifier.condition, value: "1"), of: exchange(sold: "nonsense")))
        #expect(!verifier.covers(Caveat(condition: "other_valid_until", value: "1"), of: exchange(sold: "other")))
    }

    @Test(arguments: [
        ("5", "5", true), ("5", "4", true), ("5", "6", false), ("x", "4", false), ("5", "x", false), ("5", "", false),
    ])
    func `expires lets only an earlier end follow`(earlier: String, later: String, narrows: Bool) throws {
        let verifier = try made(ExpiryVerifier.self)
        let caveats = [earlier, later].map { Caveat(condition: "quotes_valid_until", value: $0) }
        #expect(verifier.narrows(caveats[0], to: caveats[1]) == narrows)
    }

    @Test func `expires compares ends of one service only`() throws {
        let verifier = try made(ExpiryVerifier.self)
        let own = Caveat(condition: "quotes_valid_until", value: "5")
        #expect(verifier.narrows(own, to: Caveat(condition: "other_valid_until", value: "9")))
    }

    // MARK: capabilities

    @Test(arguments: [
        ("read", "read", true), ("read", "write,read", true), ("read", "", false), ("read", "write", false),
        ("read", "readable", false), ("read", "Read", false), ("read", " read", false), ("read", ",,read,", true),
    ])
    func `capabilities allows what lists all that the route needs`(need: String, value: String, allows: Bool) throws {
        let verifier = try made(CapabilitiesVerifier.self, need)
        #expect(verifier.allows(Caveat(condition: "quotes_capabilities", value: value), exchange()) == allows)
    }

    @Test func `capabilities takes a text, a list, or require`() throws {
        let caveat = Caveat(condition: "quotes_capabilities", value: "a")
        for settings: Any in ["a", ["a"], ["require": "a"], ["require": ["a"]]] {
            #expect(try made(CapabilitiesVerifier.self, settings).allows(caveat, exchange()))
        }
        for settings: Any in [["a", "b"], ["require": ["a", "b"]]] {
            #expect(try !made(CapabilitiesVerifier.self, settings).allows(caveat, exchange()))
        }
        #expect(
            try made(CapabilitiesVerifier.self).allows(Caveat(condition: "quotes_capabilities", value: ""), exchange())
        )
    }

    @Test func `capabilities that no caveat can list are a mistake`() {
        let example = ExampleSettings(["a", "b,c"])
        _ = example.make { CapabilitiesVerifier(from: &$0, services) }
        #expect(example.messages == ["the capability 'b,c' should be a text without ':', ',', '=' or white space"])
    }

    @Test func `capabilities of another service that the credential was sold for hold`() throws {
        let verifier = try made(CapabilitiesVerifier.self, "read")
        let other = Caveat(condition: "other_capabilities", value: "")
        #expect(verifier.covers(other, of: exchange()))
        #expect(verifier.allows(other, exchange()))
        let stranger = Caveat(condition: "stranger_capabilities", value: "read")
        #expect(!verifier.covers(stranger, of: exchange()))
        #expect(!verifier.allows(stranger, exchange()))
    }

    @Test(arguments: [
        ("a,b", "a", true), ("a,b", "b,a", true), ("a", "", true), ("", "", true), ("", "a", false),
        ("a", "a,b", false),
        ("a", "a,,a", true),
    ])
    func `capabilities lets only fewer follow`(earlier: String, later: String, narrows: Bool) throws {
        let verifier = try made(CapabilitiesVerifier.self, "a")
        let caveats = [earlier, later].map { Caveat(condition: "quotes_capabilities", value: $0) }
        #expect(verifier.narrows(caveats[0], to: caveats[1]) == narrows)
    }

    // MARK: Long lists

    @Test func `capabilities reads as many names as there may be and refuses one more`() throws {
        let verifier = try made(CapabilitiesVerifier.self, "read")
        let full = (1..<64).map { "c\($0)" }.joined(separator: ",") + ",read"
        let caveats = [full, full + ",x", "read"].map { Caveat(condition: "quotes_capabilities", value: $0) }
        #expect(verifier.allows(caveats[0], exchange()))
        #expect(!verifier.allows(caveats[1], exchange()))
        #expect(verifier.narrows(caveats[0], to: caveats[2]))
        #expect(!verifier.narrows(caveats[1], to: caveats[2]))
        #expect(!verifier.narrows(caveats[0], to: caveats[1]))
        #expect(try !made(CapabilitiesVerifier.self).allows(caveats[1], exchange()))
    }

    @Test func `service reads as many services as there may be and refuses one more`() throws {
        let verifier = try made(ServiceVerifier.self)
        let full = (1..<64).map { "s\($0):0" }.joined(separator: ",") + ",quotes:0"
        let caveats = [full, full + ",x:0", "quotes:0"].map { Caveat(condition: "services", value: $0) }
        #expect(verifier.allows(caveats[0], exchange()))
        #expect(!verifier.allows(caveats[1], exchange()))
        #expect(verifier.narrows(caveats[0], to: caveats[2]))
        #expect(!verifier.narrows(caveats[1], to: caveats[2]))
    }

    @Test func `what was sold is in the first list, whatever a holder adds`() throws {
        let exchange = exchange(sold: "quotes:0")
        let sold = try #require(exchange.credential)
        exchange.credential = Credential(
            scheme: sold.scheme,
            id: sold.id,
            payment: sold.payment,
            caveats: sold.caveats + [Caveat(condition: "services", value: "other:0")]
        )
        let verifier = try made(ExpiryVerifier.self)
        #expect(!verifier.covers(Caveat(condition: "other_valid_until", value: "1"), of: exchange))
    }

    // MARK: What is sold

    private func verdict(_ verifier: any CaveatVerifier, _ condition: String, _ value: SoldCaveat.Value)
        -> SoldCaveatVerdict?
    {
        let place = Place(file: "policy.yaml", line: 1, column: 1)
        return verifier.verdict(on: SoldCaveat(condition: condition, value: value, place: place))
    }

    @Test func `capabilities that are sold must be those that the route needs`() throws {
        let verifier = try made(CapabilitiesVerifier.self, ["read", "write"])
        #expect(verdict(verifier, "quotes_capabilities", .text("write,x,read")) == .enforced)
        #expect(
            verdict(verifier, "quotes_capabilities", .text("read")) == .unfulfillable("lacks the capability 'write'")
        )
        #expect(verdict(verifier, "other_capabilities", .text("read,write")) == nil)
    }

    @Test func `service and expires enforce what is sold under their condition`() throws {
        #expect(verdict(try made(ServiceVerifier.self), "services", .text("quotes:0")) == .enforced)
        let expires = try made(ExpiryVerifier.self)
        #expect(verdict(expires, "quotes_valid_until", .after(.seconds(1))) == .enforced)
        #expect(verdict(expires, "services", .text("quotes:0")) == nil)
    }
}
