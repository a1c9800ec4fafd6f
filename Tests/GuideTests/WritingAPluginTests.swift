import Foundation
import Testing

/// The article "Writing a plugin" shows code that is compiled: each block stands line for line in a source file.
struct WritingAPluginTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What a block may be a part of.
    private static let folders = [
        "Plugins/SpendLimit", "Tests/GuideTests/Samples", "Tests/WrittenPlugins/Plugins", "Tests/WrittenPlugins/Tests",
    ]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Every source file, by its path.
    private static func sources() throws -> [(path: String, lines: [String])] {
        try folders.flatMap { folder in
            let names = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
                (path: "\(folder)/\(name)", lines: lines(of: try text("\(folder)/\(name)")))
            }
        }
    }

    private static func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The Swift blocks of the article, each as its lines.
    private static func blocks() throws -> [[String]] {
        let parts = try text("Sources/GatewayKit/GatewayKit.docc/WritingAPlugin.md").components(separatedBy: "```")
        return parts.enumerated().filter { $0.offset % 2 == 1 && $0.element.hasPrefix("swift\n") }.map { part in
            Array(lines(of: part.element).dropFirst().dropLast())
        }
    }

    /// True when the block stands in the lines as it is, indented as a whole or not at all.
    private static func stands(_ block: [String], in lines: [String]) -> Bool {
        guard let first = block.first else { return false }
        return lines.indices.contains { start in
            guard lines[start].hasSuffix(first), start + block.count <= lines.count else { return false }
            let indentation = lines[start].dropLast(first.count)
            guard indentation.allSatisfy({ $0 == " " }) else { return false }
            return zip(block, lines[start...]).allSatisfy { $0.isEmpty ? $1.isEmpty : $1 == indentation + $0 }
        }
    }

    @Test func `every block of the article is compiled as it stands there`() throws {
        let sources = try Self.sources()
        let blocks = try Self.blocks()
        #expect(blocks.count >= 10)
        for block in blocks {
            #expect(sources.contains { Self.stands(block, in: $0.lines) }, "\(block.joined(separator: "\n"))")
        }
    }

    @Test func `every sample stands in the article`() throws {
        let blocks = try Self.blocks()
        for source in try Self.sources() where source.path.hasPrefix("Tests/GuideTests/Samples/") {
            #expect(blocks.contains { Self.stands($0, in: source.lines) }, "\(source.path)")
        }
    }

    @Test func `a block that differs is found`() {
        let lines = ["struct A {", "    let a = 1", "", "    let b = 2", "}"]
        #expect(Self.stands(["let a = 1", "", "let b = 2"], in: lines))
        #expect(!Self.stands(["let a = 1", "let b = 2"], in: lines))
        #expect(!Self.stands(["let a = 1", "", "    let b = 2"], in: lines))
        #expect(!Self.stands(["a = 1"], in: lines))
        #expect(!Self.stands([], in: lines))
    }
}
