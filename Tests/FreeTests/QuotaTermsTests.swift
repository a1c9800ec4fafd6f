import Free
import GatewayKit
import GatewayTesting
import Testing

struct QuotaTermsTests {
    private func messages(_ settings: Any?) -> [String] {
        let example = ExampleSettings(settings)
        _ = example.make(word: "free-quota") { FreeQuotaScheme(from: &$0, .example()) }
        return example.messages
    }

    private let form = "a number of requests and a period, such as 10/day, 100/h or 500/7d"

    @Test func `takes its limit in every form that reads well`() {
        for settings in [
            "10/day", ["10/day": ()], ["limit": "100/h"], ["limit": "500/7d", "ipv4": "/24", "ipv6": "48"],
        ]
            as [Any]
        {
            #expect(messages(settings) == [])
        }
    }

    @Test(arguments: ["0/day", "10", "ten/day", "10/fortnight", "10/500d", "1/100ms", "2000000000/d"])
    func `what is no limit is a mistake`(text: String) {
        #expect(messages(text) == ["'free-quota' should be \(form), not '\(text)'"])
        #expect(messages(["limit": text]) == ["'limit' should be \(form), not '\(text)'"])
    }

    @Test func `a mistake is told`() {
        #expect(messages(nil) == ["'free-quota' needs 'limit': \(form)"])
        #expect(messages(["10/dai": ()]) == ["'free-quota' should be \(form), not '10/dai'"])
        #expect(messages(["10/day": "x"]) == ["'10/day' should stand alone, or behind 'limit'"])
        #expect(
            messages(["limit": "1/d", "ipv4": "/33"]) == [
                "'ipv4' should be the length of a prefix, from /1 to /32, not '/33'"
            ]
        )
        #expect(
            messages(["limit": "1/d", "ipv6": "/0"]) == [
                "'ipv6' should be the length of a prefix, from /1 to /128, not '/0'"
            ]
        )
        #expect(messages(["limits": "1/d", "ipv6": "/64"]).count == 2)
    }

    @Test(arguments: [(0, 0, 3_600), (3_599, 0, 3_600), (3_600, 1, 7_200), (-1, -1, 0)])
    func `periods follow each other from 1970 on`(seconds: Int64, index: Int64, end: Int64) {
        let terms = FreeQuotaTerms(10, per: .seconds(3_600), service: "s")
        let counter = terms.counter(of: Client(address: IPAddress("192.0.2.1")), at: WallTime(seconds: seconds))
        #expect(counter == Counter("free-quota/s/3600/\(index)/192.0.2.1/32", end: WallTime(seconds: end)))
    }

    @Test func `a time beyond all others does not trap`() {
        let terms = FreeQuotaTerms(10, per: .seconds(86_400), service: "s")
        for time in [WallTime(milliseconds: .max), WallTime(milliseconds: .min)] {
            _ = terms.counter(of: Client(address: nil), at: time)
        }
    }

    @Test(arguments: [
        ("192.0.2.255", "192.0.2.0/24"), ("::ffff:192.0.2.255", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
    ])
    func `a block is all addresses that begin alike`(address: String, block: String) {
        let blocks = AddressBlocks(v4Prefix: 24, v6Prefix: 48)
        #expect(blocks.block(of: Client(address: IPAddress(address))) == block)
    }
}
