import GatewayKit
import GatewayRPC
import GatewayTesting
import Testing

struct ServiceSettingsTests {
    private func read(_ value: Any?) -> (settings: ServiceSettings?, messages: [String]) {
        let example = ExampleSettings(value)
        let settings = example.make(word: "grpc") { ServiceSettings(from: &$0, timeout: .milliseconds(200)) }
        return (settings, example.messages)
    }

    @Test func `an address is enough`() {
        let (settings, messages) = read(["address": "127.0.0.1:10010"])
        #expect(messages.isEmpty)
        #expect(settings?.name == "127.0.0.1:10010")
        #expect(settings?.timeout == .milliseconds(200))
        #expect(settings?.tls == nil)
        #expect(settings?.health == nil)
    }

    @Test func `everything can be said`() {
        let (settings, messages) = read([
            "addresses": ["127.0.0.1:1", "[::1]:2", "pricer.internal:3", "unix:/run/pricer.sock"],
            "tls": ["server-name": "pricer.internal", "verify": "false"],
            "timeout": "1s", "retries": "0", "max-streams": "7",
            "breaker": ["failures": "2", "pause": "1s", "longest-pause": "5s"],
            "health": ["service": "pricer", "every": "10s", "timeout": "2s", "healthy": "1", "unhealthy": "3"],
        ])
        #expect(messages.isEmpty)
        #expect(settings?.name == "127.0.0.1:1, [::1]:2, pricer.internal:3, unix:/run/pricer.sock")
        #expect(settings?.tls == ServiceTLS(serverName: "pricer.internal", verifies: false))
        #expect(settings?.breaker.failures == 2)
        #expect(settings?.streamLimit == 7)
        #expect(settings?.health?.service == "pricer")
        #expect(settings?.health?.unhealthyCount == 3)
    }

    @Test(arguments: ["true", "false"]) func `tls and health are words where nothing is said of them`(_ word: String) {
        let (settings, messages) = read(["address": "a:1", "tls": word, "health": word])
        #expect(messages.isEmpty)
        #expect((settings?.tls != nil) == (word == "true"))
        #expect((settings?.health != nil) == (word == "true"))
    }

    @Test(
        arguments: [
            (
                [:],
                "'grpc' needs 'address': an address such as 127.0.0.1:10010, pricer.internal:10010 or unix:/run/pricer.sock"
            ),
            (
                ["address": "pricer"],
                "'address' should be an address such as 127.0.0.1:10010, pricer.internal:10010 or unix:/run/pricer.sock, not 'pricer'"
            ),
            (
                ["address": "http://a:1"],
                "'address' should be an address such as 127.0.0.1:10010, pricer.internal:10010 or unix:/run/pricer.sock, not 'http://a:1'"
            ),
            (["addresses": [String]()], "'addresses' should name at least one address"),
            (["addresses": ["a:1", "a:1"]], "'addresses' names a:1 already"),
            (
                ["address": "a:1", "addresses": ["b:1"]],
                "'addresses' stands for 'address': only one of them is written"
            ),
            (
                ["address": "a:1", "timeout": "0s"],
                "'timeout' should be a duration such as 200ms, 60s, 5m, 1h or 30d, not '0s'"
            ),
            (
                ["address": "a:1", "breaker": ["pause": "5s", "longest-pause": "1s"]],
                "'longest-pause' should not be shorter than 'pause'"
            ),
            (
                ["address": "a:1", "health": ["every": "1s", "timeout": "2s"]],
                "'timeout' should not be longer than 'every', the time between two checks"
            ),
            (
                ["address": "a:1", "tls": ["server-name": "127.0.0.1"]],
                "'server-name' should be a host name, not '127.0.0.1'"
            ),
            (["address": "a:1", "tls": ["roots": "ca.pem"]], "cannot read ca.pem"),
            (["address": "a:1", "tls": ["certificate": ""]], "'certificate' should be the path of a PEM file, not ''"),
        ] as [([String: any Sendable], String)]
    )
    func `a mistake is told with what was expected`(_ value: [String: any Sendable], _ message: String) {
        #expect(read(value).messages.contains(message))
    }
}
