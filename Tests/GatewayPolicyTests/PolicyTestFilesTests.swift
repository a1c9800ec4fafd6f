import GatewayKit
import GatewayPolicy
import Testing

struct PolicyTestFilesTests {
    private func mistakes(_ text: String) -> [String] {
        PolicyTestFiles().tests(in: text, named: "a.test.yaml").mistakes.map(\.description)
    }

    @Test(arguments: [
        ("tests: [{ name: a, request: GET http://h/, expekt: 402 }]", "1:44", "(did you mean 'expect'?)"),
        ("tests: [{ name: a, request: GET /, expect: 402 }]", "1:29", "'request' should be a method and a URL"),
        ("tests: [{ name: a, request: GET http://h/, expect: { statsu: 402 } }]", "1:54", "(did you mean 'status'?)"),
        ("tests: [{ name: a, request: GET http://h/, expect: 4022 }]", "1:52", "a status such as 402"),
        ("tests: [{ name: a, request: GET http://h/ }]", "1:9", "'test' needs 'expect'"),
        ("tests: [{ name: a, request: GET http://h/, expect: {} }]", "1:52", "should say something"),
        (
            "tests: [{ name: a, request: GET http://h/, credential: l403, expect: 402 }]", "1:56",
            "(did you mean 'l402'?)"
        ),
        (
            "tests: [{ name: a, request: GET http://h/, credential: { use: charge, caveats: a=b }, expect: 1 }]",
            "1:80", "only what 'l402' sells has caveats"
        ),
        ("tests: [{ name: a, request: GET http://h/, upstream: dwon, expect: 402 }]", "1:54", "(did you mean 'down'?)"),
        ("tests: [{ name: a, request: GET http://h/, pricer: dwon, expect: 402 }]", "1:52", "one of wrong, down, slow"),
        ("tests: [{ name: a, request: GET http://h/, pricer: 1500 msat, expect: 402 }]", "1:52", "whole satoshis"),
        ("tests: [{ name: a, request: { url: !env HOME }, expect: 402 }]", "1:36", "a test takes no !file and no !env"),
        ("tests: [{ name: a, steps: [{ advance: soon }] }]", "1:39", "a duration such as"),
        ("tests: [{ name: a, steps: [{ advance: 1s }] }, { name: a, steps: [{ advance: 1s }] }]", "1:48", "already"),
        ("test: []", "1:1", "(did you mean 'tests'?)"),
        (
            "tests: [{ name: a, request: { url: http://h/, client: nobody }, expect: 402 }]", "1:55",
            "an address such as"
        ),
        (
            "tests: [{ name: a, request: { url: http://h/, time: today }, expect: 402 }]", "1:53",
            "a time such as"
        ),
    ])
    func `a mistake in a test is told with its place`(_ text: String, _ place: String, _ message: String) {
        let found = mistakes(text)
        #expect(found.contains { $0.hasPrefix("a.test.yaml:\(place): error: ") && $0.contains(message) }, "\(found)")
    }

    @Test func `every prefix of a file of tests is read without harm`() {
        let text = """
            tests:
              - name: a
                steps:
                  - request: { method: POST, url: "http://h/a?b", headers: { a: [b, c] }, body: "x", client: "::1" }
                    credential: { use: l402, caveats: [a=b], age: 1d, bought-with: GET http://h/ }
                    upstream: { status: 503, headers: { a: b }, body: no }
                    pricer: 10 sat
                    expect: { status: 402, headers: { a: b }, without: [c], shadow: [] }
                  - advance: 1h
            """
        let bytes = Array(text.utf8)
        for count in bytes.indices {
            _ = PolicyTestFiles().tests(in: String(decoding: bytes[..<count], as: UTF8.self), named: "a.test.yaml")
            var flipped = bytes
            flipped[count] ^= 0x11
            _ = PolicyTestFiles().tests(in: String(decoding: flipped, as: UTF8.self), named: "a.test.yaml")
        }
        #expect(mistakes(text) == [])
    }

    @Test func `the tests of a policy have its name, however the two end`() {
        let files = MemoryFiles(["p/a.yml": "", "p/a.test.yaml": "tests: []", "p/ab.test.yaml": "tests: []"])
        #expect(PolicyTestFiles(files: files).paths(beside: "p/a.yml") == ["p/a.test.yaml"])
    }

    @Test func `tests are no policies`() {
        let files = MemoryFiles([
            "p/a.yaml": "version: 1\nroutes: [{ name: a, match: { path: /a }, pipeline: [respond] }]",
            "p/a.test.yaml": "tests: []",
            "p/b.test.yml": "tests: []",
        ])
        #expect(PolicyTestFiles(files: files).paths(beside: "p") == ["p/a.test.yaml", "p/b.test.yml"])
        #expect(PolicyTestFiles(files: files).paths(beside: "p/a.yaml") == ["p/a.test.yaml"])
    }
}
