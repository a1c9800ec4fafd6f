import GatewayKit
import GatewayPolicy
import Testing

/// Whatever stands in a policy, it becomes a plan or mistakes.
struct LoaderFuzzTests {
    /// Together they have everything that a policy may have. Each is loaded once for every byte of its own, so that several
    /// short ones take less than a long one.
    static let samples: [[UInt8]] = [
        #"""
        version: 1
        include: [a.yaml]
        listen: { address: "[::1]:80", trusted-proxies: [10.0.0.0/8], max-head: 4 KiB }
        lightning: { use: dev, secret: !env X }
        upstreams: &u
          q: { url: http://127.0.0.1:9, timeout: 5s, url: x }
        routes:
          - { name: c, match: { grpc: a.B/C }, pipeline: [respond: { body: "é\n" }] }
        """#,
        #"""
        version: 1
        pipelines:
          p: [{ auth: l402 }, { caveats: [expires] }]
          r: { parameters: { n: 2, m: }, steps: [rate-limit: { <<: &l { limit: 1/s }, burst: $n }, headers: { a: "${m}$${" }] }
        defaults: { max-body: 1 MiB, price: 2 sat, hosts: { "*.e.com": { rate-limit: *l } } }
        groups:
          - { host: e.com, prefix: "/g/{y}", pipeline: [{ use: { pipeline: r, m: x } }, respond], routes: [{ name: d, match: { path: /z } }] }
        """#,
        #"""
        version: 1
        upstreams: { q: { url: http://127.0.0.1:9 } }
        pipelines: { p: [{ auth: l402 }, { caveats: [expires] }] }
        allow: { no-rate-limit: why }
        routes:
          - name: a
            match: { host: "*.e.com", path: "/v/{x}/%2F/*", method: [GET, PUT] }
            pipeline:
              - use: p
              - rate-limit: { limit: 20/s, burst: 4 }
              - price: 10 sat
              - forward: q
          - { name: b, match: { regex: '/(a|b{1,3})[^x-z]*\d' }, pipeline: [respond] }
        """#,
    ].map { Array($0.utf8) }

    private static func load(_ bytes: [UInt8]) -> PolicyOutcome {
        PolicyLoader.example(MemoryFiles("policy.yaml", bytes), environment: ["X": "x"]).load("policy.yaml")
    }

    @Test(arguments: samples.indices)
    func `every prefix of a policy is a plan or mistakes`(_ number: Int) {
        let sample = Self.samples[number]
        for length in 0..<sample.count {
            if case .mistakes(let mistakes) = Self.load(Array(sample[..<length])) {
                #expect(!mistakes.isEmpty)
            }
        }
    }

    @Test(arguments: [0x01, 0x02, 0x10, 0x20, 0x80] as [UInt8], samples.indices)
    func `a policy with a flipped byte is a plan or mistakes`(_ mask: UInt8, _ number: Int) {
        let sample = Self.samples[number]
        for index in sample.indices {
            var bytes = sample
            bytes[index] ^= mask
            if case .mistakes(let mistakes) = Self.load(bytes) {
                #expect(!mistakes.isEmpty)
            }
        }
    }

    @Test(arguments: Array("{}[]:,-&*!|>'\"%@`#\n\t ?".utf8), samples.indices)
    func `a policy with a byte of YAML put in anywhere is a plan or mistakes`(_ byte: UInt8, _ number: Int) {
        let sample = Self.samples[number]
        for index in stride(from: 0, through: sample.count, by: 5) {
            var bytes = sample
            bytes.insert(byte, at: index)
            if case .mistakes(let mistakes) = Self.load(bytes) {
                #expect(!mistakes.isEmpty)
            }
        }
    }
}
