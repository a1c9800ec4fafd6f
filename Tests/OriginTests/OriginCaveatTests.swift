import GatewayKit
import GatewayTesting
import Origin
import Testing

struct OriginCaveatTests {
    private static let countries = """
        # the countries of the test
        192.0.2.0/24,DE
        192.0.2.128/25,AT   # a part of it is elsewhere
        2001:db8::/32 , DE

        198.51.100.7,FR
        """
    private static let office = "203.0.113.0/28\n2001:db8:1::/48\n"
    private static var settings: [String: Any] {
        ["countries": "countries.csv", "networks": ["office": "office.txt"]]
    }

    private func make(
        _ settings: [String: Any] = Self.settings,
        countries: String = Self.countries,
        office: String = Self.office
    ) -> (verifier: OriginCaveat?, mistakes: [String]) {
        let example = ExampleSettings(settings, files: ["countries.csv": countries, "office.txt": office])
        let verifier = example.make(word: "origin") { OriginCaveat(from: &$0, .example()) }
        return (verifier, example.mistakes.all.map { "\($0.place.file):\($0.place.line): \($0.message)" })
    }

    private func exchange(_ address: String?) -> Exchange {
        .example(client: Client(address: address.flatMap { IPAddress($0) }))
    }

    private func caveat(_ value: String) -> Caveat { Caveat(condition: "origin", value: value) }

    @Test(arguments: [
        ("DE", "192.0.2.1", true), ("DE", "192.0.2.127", true), ("DE", "192.0.2.200", false),
        ("AT", "192.0.2.200", true),
        ("AT,DE", "192.0.2.1", true), ("FR", "198.51.100.7", true), ("FR", "198.51.100.8", false),
        ("DE", "2001:db8::1", true), ("DE", "::ffff:192.0.2.1", true), ("DE", "203.0.113.1", false),
        ("office", "203.0.113.1", true), ("office", "203.0.113.16", false), ("office", "2001:db8:1::1", true),
        ("DE", "2001:db8:1::1", true), ("US,office", "203.0.113.1", true), ("", "192.0.2.1", false),
        ("de", "192.0.2.1", false), ("DE ", "192.0.2.1", false), ("D", "192.0.2.1", false), ("US", "192.0.2.1", false),
    ])
    func `a client is where the most specific network of a file is`(
        _ value: String,
        _ client: String,
        _ expected: Bool
    ) throws {
        let made = make()
        #expect(made.mistakes == [])
        #expect(try #require(made.verifier).allows(caveat(value), exchange(client)) == expected)
    }

    @Test func `a client without an address is nowhere`() throws {
        #expect(try !#require(make().verifier).allows(caveat("DE,AT,FR,office"), exchange(nil)))
    }

    @Test(arguments: [
        ("DE,AT", "DE", true), ("DE,AT", "AT,DE", true), ("DE", "DE,AT", false), ("DE", "office", false),
        ("DE", "", false),
    ])
    func `later names are among the earlier ones`(_ earlier: String, _ later: String, _ expected: Bool) throws {
        #expect(try #require(make().verifier).narrows(caveat(earlier), to: caveat(later)) == expected)
    }

    @Test func `each bad line is named by file and line`() {
        let made = make(
            countries: "192.0.2.0/24,DE\n192.0.2.0,33,DE\n\n10.0.0.0/8\n10.0.0.0/8,Germany\n192.0.2.0/24,AT"
        )
        let line = "this line should be a network and a country, such as 192.0.2.0/24,DE"
        #expect(
            made.mistakes == [
                "countries.csv:2: \(line)", "countries.csv:4: \(line)", "countries.csv:5: \(line)",
                "countries.csv:6: the network of this line has another name in line 1",
            ]
        )
    }

    @Test func `a list of networks has no names in it`() {
        let made = make(office: "203.0.113.0/28\n203.0.113.0/28,DE\n203.0.113.1/33\n")
        let line = "this line should be a network, such as 192.0.2.0/24"
        #expect(made.mistakes == ["office.txt:2: \(line)", "office.txt:3: \(line)"])
    }

    @Test func `of a file that is something else ten lines are told`() {
        let made = make(office: [String](repeating: "<html>", count: 25).joined(separator: "\n"))
        #expect(made.mistakes.count == 11)
        #expect(made.mistakes.contains("example.yaml:1: office.txt has 15 more lines that are mistaken"))
    }

    @Test func `a file is needed, and one that is there`() {
        #expect(
            make([:]).mistakes == [
                "example.yaml:1: 'origin' needs 'countries': a file of lines such as 192.0.2.0/24,DE,"
                    + " or 'networks': files of networks by name"
            ]
        )
        #expect(make(["countries": "other.csv"]).mistakes == ["example.yaml:1: cannot read other.csv"])
        #expect(
            make(["countries": ""]).mistakes == [
                "example.yaml:1: 'countries' should be the path of a file whose lines are each"
                    + " a network and a country, such as 192.0.2.0/24,DE, not ''"
            ]
        )
    }

    @Test func `a network is not called like a country`() {
        let form = "should be a word without ',', and not two capital letters as of a country"
        #expect(
            make(["networks": ["DE": "office.txt", "a,b": "office.txt"]]).mistakes == [
                "example.yaml:1: the name of a network \(form), not 'DE'",
                "example.yaml:1: the name of a network \(form), not 'a,b'",
            ]
        )
    }

    @Test func `routes share what they read, until the file is another one`() throws {
        let services = Services.example()
        func verifier(_ countries: String) throws -> OriginCaveat {
            let example = ExampleSettings(["countries": "countries.csv"], files: ["countries.csv": countries])
            return try #require(example.make(word: "origin") { OriginCaveat(from: &$0, services) })
        }
        let first = try verifier("192.0.2.0/24,DE")
        #expect(try verifier("192.0.2.0/24,DE").allows(caveat("DE"), exchange("192.0.2.1")))
        #expect(try verifier("192.0.2.0/24,AT").allows(caveat("AT"), exchange("192.0.2.1")))
        #expect(first.allows(caveat("DE"), exchange("192.0.2.1")))
        #expect(services.parts.all.count == 1)
    }

    @Test func `what is sold names something in the files`() throws {
        func verdict(_ value: String) throws -> SoldCaveatVerdict? {
            let place = Place(file: "example.yaml", line: 1, column: 1)
            let sold = SoldCaveat(condition: "origin", value: .text(value), place: place)
            return try #require(make().verifier).verdict(on: sold)
        }
        #expect(try verdict("US,DE") == .enforced)
        #expect(try verdict("office") == .enforced)
        #expect(try verdict("US") == .unfulfillable("names no country or network of the files here"))
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `it keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        let addresses = ["192.0.2.1", "192.0.2.200", "198.51.100.7", "203.0.113.1", "2001:db8:1::1", "10.0.0.1", nil]
        try CaveatVerifierConformance(
            #require(make().verifier),
            values: ["DE", "DE,AT", "office", "AT,office", "FR", "DE,AT,FR,office"],
            exchanges: addresses.map(exchange)
        ).run(check)
    }
}
