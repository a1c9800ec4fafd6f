import Foundation
import GatewayKit
import GatewayPolicy
import Testing

struct PolicyFormatTests {
    private static func formatted(_ text: String) -> String? {
        if case .text(let text) = PolicyFormat.text(of: Array(text.utf8), named: "policy.yaml") { text } else { nil }
    }

    /// Policies, and their canonical form.
    static let forms: [(String, String)] = [
        // Two spaces a level, also for lists.
        ("routes:\n    - name: a\n      match: {}\n", "routes:\n  - name: a\n    match: {}\n"),
        ("routes:\n- name: a\n  match: {}\n", "routes:\n  - name: a\n    match: {}\n"),
        ("a:\n      b:\n          c: 1\n", "a:\n  b:\n    c: 1\n"),
        ("- - a\n  -   b\n-\n  c\n", "- - a\n  - b\n-\n  c\n"),
        // Spaces.
        ("a :   1   \n", "a: 1\n"),
        ("a: {b: 1,c:   [ 2,3 ]}\n", "a: { b: 1, c: [2, 3] }\n"),
        ("a: {  }\nb: [ ]\n", "a: {}\nb: []\n"),
        ("a: {b: \"x, y\"  ,  c: 'it''s  }'}\n", "a: { b: \"x, y\", c: 'it''s  }' }\n"),
        ("a: { \"b\":1, 10/day }\n", "a: { \"b\": 1, 10/day }\n"),
        ("a: {\n b: 1,\n   c: 2\n   }\n", "a: {\n  b: 1,\n  c: 2\n}\n"),
        ("{\n    a: 1,\n b: [\n2\n]\n}\n", "{\n  a: 1,\n  b: [\n    2\n  ]\n}\n"),
        ("a: b   c\n", "a: b   c\n"),
        ("a: http://127.0.0.1:80\n", "a: http://127.0.0.1:80\n"),
        // Comments.
        ("a: 1     # why\n", "a: 1 # why\n"),
        ("a:\n    # why\n    b: 1\n", "a:\n  # why\n  b: 1\n"),
        ("a:\n    b: 1\n    # last of a\nc: 2\n", "a:\n  b: 1\n  # last of a\nc: 2\n"),
        ("a: x#y\n", "a: x#y\n"),
        ("# only this\n", "# only this\n"),
        // Blank lines.
        ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
        ("routes:\n  - a: 1\n  # of b\n  - b: 1\n", "routes:\n  - a: 1\n\n  # of b\n  - b: 1\n"),
        ("routes:\n  - { a: 1 }\n  - { b: 1 }\n", "routes:\n  - { a: 1 }\n  - { b: 1 }\n"),
        ("a: { b: , c: }\n", "a: { b: , c: }\n"),
        ("pipelines:\n  a:\n    - b\n    - c\n", "pipelines:\n  a:\n    - b\n    - c\n"),
        ("a: 1\r\nb: 2", "a: 1\nb: 2\n"),
        // Anchors, aliases and references.
        ("a:   &x\n    b: 1\nc:   *x\n", "a: &x\n  b: 1\nc: *x\n"),
        ("a: !env   NAME\nb: [ !file  x ]\n", "a: !env NAME\nb: [!file x]\n"),
        // Texts of several lines.
        ("a: |\n     one\n       two  \n\n     three\nb: 1\n", "a: |\n  one\n    two  \n\n  three\nb: 1\n"),
        ("a: >-\n    one\n    two\n\n\nb: 1\n", "a: >-\n  one\n  two\n\nb: 1\n"),
        ("a: |+\n    one\n\n\nb: 1\n", "a: |+\n  one\n\n\nb: 1\n"),
        ("a: one\n     two\n\n     three\n", "a: one\n  two\n\n  three\n"),
        ("a: \"one\n     two\"\n", "a: \"one\n  two\"\n"),
    ]

    @Test(arguments: forms)
    func `a policy is written in its canonical form`(_ text: String, _ expected: String) {
        #expect(Self.formatted(text) == expected)
    }

    @Test(arguments: [
        "a: [\n", "a: 1\na: 2\n", "? a\n: b\n", "a: \"open\n", "\ta: 1\n", "[a, b]: c\n",
    ])
    func `what cannot be read or formatted is refused`(_ text: String) {
        #expect(Self.formatted(text) == nil)
    }

    /// Every text above the dashes of the golden files of both suites, and what is shipped.
    static let policies: [String] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = ["Tests/GatewayPolicyTests/Golden", "Tests/EndToEndTests/Policies/Golden", "policies"]
        return folders.flatMap { folder in
            let url = root.appending(path: folder)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
            return names.sorted().compactMap { try? String(contentsOf: url.appending(path: $0), encoding: .utf8) }
        }.flatMap { text in
            text.components(separatedBy: "\n----------\n")[0].components(separatedBy: "\n=== ").map { part in
                // The name of a file stands behind the mark.
                part.hasPrefix("=== ") || !text.hasPrefix(part)
                    ? part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().joined()
                    : part
            }
        }
    }()

    @Test func `all golden policies keep their meaning, and their form the second time`() throws {
        #expect(Self.policies.count > 150)
        var count = 0
        for text in Self.policies {
            guard let node = PolicyFormat.node(of: Array(text.utf8), named: "policy.yaml") else { continue }
            let formatted = try #require(Self.formatted(text), "\(text)")
            let after = try #require(PolicyFormat.node(of: Array(formatted.utf8), named: "policy.yaml"), "\(text)")
            #expect(node.means(the: after), "\(text)")
            #expect(Self.formatted(formatted) == formatted, "\(text)")
            #expect(Self.comments(in: text) == Self.comments(in: formatted), "\(text)")
            count += 1
        }
        #expect(count > 130)
    }

    private static func comments(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            guard
                let start = line.indices.first(where: { index in
                    line[index] == "#" && (index == line.startIndex || line[line.index(before: index)] == " ")
                })
            else { return nil }
            return line[start...].trimmingCharacters(in: .whitespaces)
        }
    }

    @Test func `every beginning of a policy is formatted or refused`() {
        for (text, _) in Self.forms {
            for end in 0..<text.utf8.count {
                _ = PolicyFormat.text(of: Array(text.utf8.prefix(end)), named: "policy.yaml")
            }
        }
        let longest = Self.policies.max { $0.count < $1.count } ?? ""
        for end in stride(from: 0, to: longest.utf8.count, by: 41) {
            _ = PolicyFormat.text(of: Array(longest.utf8.prefix(end)), named: "policy.yaml")
        }
    }
}
