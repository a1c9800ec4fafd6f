import GRPCPricer
import GatewayKit
import GatewayTesting
import Testing

/// What a policy can say of a price server.
struct PricerSettingsTests {
    private func make(_ settings: [String: Any]) -> (summary: String?, messages: [String]) {
        let example = ExampleSettings(settings)
        let pricer = example.make(word: "grpc") { try GRPCPricer(from: &$0, .example()) }
        return (pricer?.summary, example.messages)
    }

    @Test func `an address is enough`() {
        let made = make(["address": "127.0.0.1:10010"])
        #expect(made.summary == "grpc 127.0.0.1:10010, at most 1000000 sat, else refused")
        #expect(made.messages == [])
    }

    @Test func `everything has its key`() {
        let made = make([
            "addresses": ["10.0.0.1:1", "10.0.0.2:1"], "tls": "true", "timeout": "200ms",
            "cache": [
                "for": "5s", "headers": ["X-Model"], "query": "false", "body": "false", "entries": "100",
            ] as [String: Any],
            "stale-if-error": "10m", "fallback": "20 sat", "breaker": ["failures": "3", "pause": "1s"], "hedge": "50ms",
            "shadow": ["address": "10.0.0.3:1"], "max": "500 sat", "body": "16 KiB", "tell-offers": "false",
        ])
        #expect(made.messages == [])
        #expect(
            made.summary
                == "grpc 10.0.0.1:1, 10.0.0.2:1, at most 500 sat, kept 5s by x-model whatever the query and body,"
                + " 10m longer where it fails, else 20 sat, beside 10.0.0.3:1"
        )
    }

    @Test(
        arguments: [
            (["cache": "5s"], "kept 5s, else refused"), (["fallback": "free"], "else free"),
            (["cache": ["for": "1m", "body": "false"]], "kept 1m whatever the body, else refused"),
        ] as [([String: any Sendable], String)]
    )
    func `a plan shows what counts`(_ settings: [String: any Sendable], _ end: String) {
        let made = make(settings.merging(["address": "127.0.0.1:1"]) { first, _ in first })
        #expect(made.messages == [])
        #expect(made.summary?.hasSuffix(end) == true, "\(made.summary ?? "")")
    }

    @Test(
        arguments: [
            ([:], "needs 'address'"), (["address": "here"], "'address' should be an address such as"),
            (["fallback": "open"], "'fallback' should be refuse, free or an amount such as 20 sat, not 'open'"),
            (["fallback": "20 sat", "max": "10 sat"], "'fallback' should not be more than 'max', 10 sat"),
            (["stale-if-error": "1m"], "'stale-if-error' needs 'cache'"),
            (["hedge": "2s", "timeout": "1s"], "'hedge' should be shorter than 'timeout', 1s"),
            (["cache": ["for": "5s", "headers": "a b"]], "'headers' should be the name of a header field"),
            (["cache": [String: String]()], "'cache' needs 'for'"),
            (["body": "4 MiB"], "'body' should be at most 3 MiB"),
            (["shadow": ["address": "127.0.0.1:1"]], "it would be compared with itself"),
            (["cahce": "5s"], "unknown key 'cahce' (did you mean 'cache'?)"),
        ] as [([String: any Sendable], String)]
    )
    func `a mistake is told`(_ settings: [String: any Sendable], _ message: String) {
        let address = settings.isEmpty ? [:] : ["address": "127.0.0.1:1"] as [String: any Sendable]
        let made = make(settings.merging(address) { first, _ in first })
        #expect(made.messages.contains { $0.contains(message) }, "\(made.messages)")
    }
}
