import Foundation
import GatewayKit
import GatewayPolicy
import GatewayTesting
import Testing

struct LoaderTests {
    private static let hello = "routes:\n  - { name: hello, match: {}, pipeline: [respond] }\n"

    @Test func `a policy without listen listens on loopback`() {
        let plan = PolicyLoader.outcome(of: "version: 1\n\(Self.hello)").plan
        #expect(plan?.listeners.map(\.address) == ["127.0.0.1:8402"])
    }

    @Test func `a listener has the limits and the proxies that it names`() throws {
        let text = """
            version: 1
            listen:
              address: "[::1]:0"
              trusted-proxies: 10.0.0.0/8
              max-head: 16 KiB
              max-fields: 64
              head-timeout: 5s
              idle-timeout: 30s
            """
        let listener = try #require(PolicyLoader.outcome(of: "\(text)\n\(Self.hello)").plan?.listeners.first)
        #expect(listener.host == "::1")
        #expect(listener.port == 0)
        #expect(listener.trustedProxies == [Network(parsing: "10.0.0.0/8")])
        #expect(listener.limits.head == .kibibytes(16))
        #expect(listener.limits.fields == 64)
        #expect(listener.limits.headTimeout == .seconds(5))
        #expect(listener.limits.idleTimeout == .seconds(30))
    }

    @Test func `an upstream has the address and the limits that it names`() throws {
        let text = """
            version: 1
            upstreams:
              a:
                url: HTTP://[::1]:9001
                timeout: 10s
                connect-timeout: 200ms
                idle-timeout: 5m
                max-connections: 7
              b: { url: http://localhost }
            """
        let upstreams = try #require(PolicyLoader.outcome(of: "\(text)\n\(Self.hello)").plan?.upstreams)
        #expect(upstreams.map(\.name) == ["a", "b"])
        #expect(upstreams.map(\.authority) == ["[::1]:9001", "localhost:80"])
        #expect(
            upstreams[0].timeouts == .init(connect: .milliseconds(200), response: .seconds(10), idle: .seconds(300))
        )
        #expect(upstreams[0].connectionLimit == 7)
        #expect(upstreams[1].timeouts == .init())
    }

    @Test func `the store is sqlite where the policy names none`() {
        #expect(PolicyLoader.outcome(of: "version: 1\n\(Self.hello)").plan?.store is SQLiteStore)
        #expect(PolicyLoader.outcome(of: "version: 1\nstore: memory\n\(Self.hello)").plan?.store is MemoryStore)
    }

    @Test func `the node is the one that the policy names`() {
        let named = PolicyLoader.outcome(of: "version: 1\nlightning: dev\n\(Self.hello)").plan?.lightning
        #expect((named as? AttendedBackend)?.base is DevNode)
        #expect(PolicyLoader.outcome(of: "version: 1\n\(Self.hello)").plan?.lightning is RefusingLightning)
    }

    @Test func `a text that is in no file is loaded under its name`() {
        let loader = PolicyLoader.example(MemoryFiles([:]))
        #expect(loader.load(text: "version: 1\n\(Self.hello)", named: "quickstart").plan?.files == ["quickstart"])
        #expect(
            loader.load(text: "version: 3\n\(Self.hello)", named: "quickstart").mistakes.map(\.place.file) == [
                "quickstart"
            ]
        )
    }

    @Test func `every file that was read is listed`() {
        let files = MemoryFiles(["p/a.yaml": "version: 1\ninclude: [x/b.yaml]\n\(Self.hello)", "p/x/b.yaml": ""])
        #expect(PolicyLoader.example(files).load("p").plan?.files == ["p/a.yaml", "p/x/b.yaml"])
        #expect(PolicyLoader.example(files).load("p/").plan?.files == ["p/a.yaml", "p/x/b.yaml"])
    }

    @Test func `a file that is not there is one mistake`() {
        let mistakes = PolicyLoader.example(MemoryFiles([:])).load("nowhere.yaml").mistakes
        #expect(mistakes.map(\.description) == ["nowhere.yaml:1:1: error: cannot read 'nowhere.yaml': no such file"])
    }

    @Test func `bytes that are not text are told with their place`() {
        let prefix = Array("version: 1\n# ".utf8)
        let files = [prefix + [0xFF], prefix + [0x07], prefix + [0xC3]]
        let messages = files.flatMap { PolicyLoader.example(MemoryFiles("p.yaml", $0)).load("p.yaml").mistakes }
        #expect(
            messages.map(\.description) == [
                "p.yaml:2:3: error: the file is not text in UTF-8",
                "p.yaml:2:3: error: the character U+0007 is not allowed in YAML",
                "p.yaml:2:3: error: the file is not text in UTF-8",
            ]
        )
    }

    @Test func `a byte order mark and line ends of Windows change nothing`() {
        let text = "\u{FEFF}version: 1\r\n" + Self.hello.split(separator: "\n").joined(separator: "\r\n")
        #expect(PolicyLoader.outcome(of: text).plan?.routes.first?.place.line == 3)
    }

    @Test(arguments: ["{", "[", "- ", "? ", "a: {"])
    func `deep nesting is a mistake`(_ opening: String) {
        let text = "version: 1\nroutes: " + String(repeating: opening, count: 20_000)
        #expect(PolicyLoader.outcome(of: text).mistakes.count > 0)
    }

    @Test func `aliases of aliases do not grow without bound`() {
        var text = "version: 1\nlisten:\n  - &a0 [x, x]\n"
        for level in 1...40 {
            text += "  - &a\(level) [*a\(level - 1), *a\(level - 1)]\n"
        }
        let mistakes = PolicyLoader.outcome(of: text).mistakes
        #expect(mistakes.contains { $0.message.contains("too deeply or too large") })
    }

    @Test func `files on disk are read as those of a test are`() throws {
        let folder = URL.temporaryDirectory.appending(path: "sluice-policy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "version: 1\n\(Self.hello)".write(
            to: folder.appending(path: "a.yaml"),
            atomically: true,
            encoding: .utf8
        )
        let loader = PolicyLoader(services: .example(registry: .standIns), environment: { _ in nil })
        #expect(loader.load(folder.path).plan?.routes.map(\.route.name) == ["hello"])
        #expect(loader.load("\(folder.path)/a.yaml").plan?.routes.map(\.route.name) == ["hello"])
        #expect(loader.load("\(folder.path)/b.yaml").mistakes.count == 1)
        try FileManager.default.removeItem(at: folder.appending(path: "a.yaml"))
        #expect(loader.load(folder.path).mistakes.map(\.message) == ["there is no policy (*.yaml) in this folder"])
    }

    @Test(
        arguments: [
            "listen: !file token", "store: { use: sqlite, path: a, x: !file token }", "version: !file token",
            "upstreams: { a: { url: !file token, timeout: !file token, max-connections: !file token } }",
            "routes: [{ name: !file token, match: { host: !file token, regex: !file token }, pipeline: [respond] }]",
            "routes: [{ name: a, match: { path: !file token, method: !file token }, pipeline: [respond] }]",
            "routes: [{ name: a, match: { grpc: !file token }, pipeline: [auth: !file token, price: !file token] }]",
            "routes: [{ name: a, match: {}, pipeline: [{ rate-limit: { per: !file token } }, forward: !file token] }]",
            "pipelines: { a: [{ use: !file token }, !file token], b: !file token }", "include: [!file token]",
        ]
    )
    func `a secret is in no message`(_ line: String) {
        for secret in ["hunter2", "http://me:hunter2@example.com/x?y", "/hunter2/../{x}"] {
            let files = MemoryFiles(["policy.yaml": "\(line)\n", "token": "\(secret)\n"])
            let messages = PolicyLoader.example(files).load("policy.yaml").mistakes.map(\.description)
            #expect(messages.count > 0)
            #expect(!messages.contains { $0.contains("hunter2") }, "\(messages)")
        }
    }
}
