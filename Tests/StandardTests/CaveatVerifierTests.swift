import GatewayKit
import GatewayTesting
import HTTPTypes
import Standard
import Testing

struct CaveatVerifierTests {
    private func allows(_ verifier: any CaveatVerifier, _ value: String, _ exchange: Exchange) -> Bool {
        verifier.allows(Caveat(condition: verifier.condition, value: value), exchange)
    }

    private func narrows(_ verifier: any CaveatVerifier, _ earlier: String, _ later: String) -> Bool {
        verifier.narrows(
            Caveat(condition: verifier.condition, value: earlier),
            to: Caveat(condition: verifier.condition, value: later)
        )
    }

    // MARK: path

    @Test(arguments: [
        ("/v1/quotes", "/v1/quotes", true), ("/v1/quotes", "/v1/quotes?a=b", true),
        ("/v1/quotes", "/v1//./quotes", true),
        ("/v1/quotes", "/v1/quotes/", false), ("/v1/quotes", "/v1/Quotes", false),
        ("/v1/quotes/*", "/v1/quotes/1", true),
        ("/v1/quotes/*", "/v1/quotes/1/2", true), ("/v1/quotes/*", "/v1/quotes/", true),
        ("/v1/quotes/*", "/v1/quotes", false), ("/v1/quotes/*", "/v1/quotes/../secret", false),
        ("/v1/quotes/*", "/v1/quotes2/1", false), ("/*", "/anything", true), ("/", "/", true), ("/", "/a", false),
        ("", "/", false), ("*", "/", false), ("v1/*", "/v1/a", false), ("/v1/../*", "/v1/a", false),
        ("//", "/", false), ("/%61", "/a", false), ("/a/*/b", "/a/x/b", false),
    ])
    func `a path is the caveat's or below it`(_ value: String, _ target: String, _ expected: Bool) {
        #expect(allows(PathCaveat(), value, .example(.example(.get, target))) == expected)
    }

    @Test(arguments: [
        ("/a", "/a", true), ("/a/*", "/a/b", true), ("/a/*", "/a/b/*", true), ("/a/*", "/a/*", true),
        ("/*", "/a/*", true),
        ("/a", "/b", false), ("/a", "/a/*", false), ("/a/*", "/*", false), ("/a/*", "/a", false),
        ("/a/*", "/ab/*", false),
        ("", "", false), ("x", "x", false),
    ])
    func `a later path lies inside the earlier one`(_ earlier: String, _ later: String, _ expected: Bool) {
        #expect(narrows(PathCaveat(), earlier, later) == expected)
    }

    // MARK: method

    @Test(arguments: [
        ("GET", true), ("GET,HEAD", true), ("HEAD, GET", true), ("POST", false), ("get", false), ("GET,get", false),
        ("GET,", false), (",GET", false), ("", false), (" ", false), ("GET POST", false), ("GE", false),
        ("GETS", false),
    ])
    func `a method is one of the caveat's`(_ value: String, _ expected: Bool) {
        #expect(allows(MethodCaveat(), value, .example(.example(.get))) == expected)
    }

    @Test(arguments: [
        ("GET,HEAD", "GET", true), ("GET", "GET", true), ("GET,HEAD", "HEAD,GET", true), ("GET", "GET,HEAD", false),
        ("GET", "", false), ("get", "get", false), ("", "", false),
    ])
    func `later methods are among the earlier ones`(_ earlier: String, _ later: String, _ expected: Bool) {
        #expect(narrows(MethodCaveat(), earlier, later) == expected)
    }

    @Test func `a list that is longer than it may be permits nothing`() {
        let value = [String](repeating: "GET", count: 65).joined(separator: ",")
        #expect(!allows(MethodCaveat(), value, .example(.example(.get))))
        #expect(allows(MethodCaveat(), String(value.dropLast(4)), .example(.example(.get))))
    }

    // MARK: address

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.0/24", "192.0.2.1", true),
        ("10.0.0.0/8, 192.0.2.1", "192.0.2.1", true),
        ("192.0.2.2", "192.0.2.1", false), ("10.0.0.0/8", "192.0.2.1", false), ("0.0.0.0/0", "192.0.2.1", true),
        ("::/0", "192.0.2.1", false), ("2001:db8::/32", "2001:db8::7", true), ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("192.0.2.1,x", "192.0.2.1", false), ("192.0.2.1,", "192.0.2.1", false), ("", "192.0.2.1", false),
        ("192.0.2.1/33", "192.0.2.1", false), ("192.0.2.1/-1", "192.0.2.1", false), ("192.0.2.1/", "192.0.2.1", false),
    ])
    func `a client is inside one of the caveat's networks`(_ value: String, _ client: String, _ expected: Bool) {
        #expect(allows(AddressCaveat(), value, .example(client: Client(address: IPAddress(client)))) == expected)
    }

    @Test func `a client without an address is nowhere`() {
        #expect(!allows(AddressCaveat(), "0.0.0.0/0,::/0", .example(client: Client(address: nil))))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.0.0/16", true), ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8,::1", "::1,10.1.2.3", true),
        ("10.1.0.0/16", "10.0.0.0/8", false), ("10.0.0.0/8", "10.1.2.3,11.0.0.1", false), ("10.0.0.0/8", "", false),
        ("::/0", "10.0.0.1", false), ("x", "x", false),
    ])
    func `later networks are inside the earlier ones`(_ earlier: String, _ later: String, _ expected: Bool) {
        #expect(narrows(AddressCaveat(), earlier, later) == expected)
    }

    // MARK: Conformance

    private typealias Conformance = CaveatVerifierConformance

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `the path verifier keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let targets = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b/a?x=/a", "/%2F"]
        let values = ["/", "/*", "/a", "/a/*", "/a/b", "/a/b/*", "/ab", "/b/*"]
        try Conformance(PathCaveat(), values: values, exchanges: targets.map { .example(.example(.get, $0)) })
            .run(check)
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `the method verifier keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let methods: [HTTPRequest.Method] = [.get, .head, .post, .delete]
        let values = ["GET", "GET,HEAD", "POST", "GET, POST,HEAD", "DELETE,GET"]
        try Conformance(MethodCaveat(), values: values, exchanges: methods.map { .example(.example($0)) }).run(check)
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `the address verifier keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let clients = ["192.0.2.1", "10.0.0.1", "10.1.0.1", "2001:db8::1", "::1"].map { IPAddress($0) } + [nil]
        let values = ["10.0.0.0/8", "10.0.0.0/16", "10.0.0.1", "192.0.2.1,10.0.0.0/8", "::/0", "2001:db8::/32,::1"]
        try Conformance(
            AddressCaveat(),
            values: values,
            exchanges: clients.map { .example(client: Client(address: $0)) }
        ).run(check)
    }
}
