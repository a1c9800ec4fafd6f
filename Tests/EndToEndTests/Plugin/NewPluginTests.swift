import Foundation
import Testing
import sluice

/// What `sluice plugin new` writes. What it writes for the names below is compiled and tested with everything else, as the
/// plugins and tests of Tests/WrittenPlugins.
struct NewPluginTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func plugin(_ kind: PluginKind, _ word: String) throws -> NewPlugin {
        NewPlugin(writing: kind, named: try PluginName(word))
    }

    /// What the second has more than the first, line by line; `nil` when something of the first is gone.
    private static func added(to first: String, in second: String) -> [Substring]? {
        var rest = first.split(separator: "\n", omittingEmptySubsequences: false)[...]
        let added = second.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            guard line == rest.first else { return true }
            rest.removeFirst()
            return false
        }
        return rest.isEmpty ? added : nil
    }

    // MARK: Text

    @Test(arguments: [(PluginKind.caveat, "tenant"), (.stage, "badge"), (.pricer, "tariff")])
    func `what is written is what is compiled and tested`(_ kind: PluginKind, _ word: String) throws {
        for (path, text) in try Self.plugin(kind, word).files {
            #expect(try text == Self.text("Tests/WrittenPlugins/\(path)"), "\(path)")
        }
    }

    @Test(arguments: PluginKind.allCases)
    func `another name takes the place of the sample's everywhere`(_ kind: PluginKind) throws {
        let sample = try Self.plugin(
            kind,
            ["caveat": "tenant", "stage": "badge", "pricer": "tariff"][kind.rawValue] ?? ""
        )
        let other = try Self.plugin(kind, "z-of-\(sample.name.word)")
        #expect(other.name.module == "ZOf\(sample.name.module)")
        for (mine, theirs) in zip(other.files, sample.files) {
            let back = mine.text.replacing(other.name.module, with: sample.name.module)
                .replacing(other.name.word, with: sample.name.word)
            // Imports may stand in another order.
            #expect(back.split(separator: "\n").sorted() == theirs.text.split(separator: "\n").sorted())
            let imports = mine.text.split(separator: "\n").filter { $0.hasPrefix("import ") }
            #expect(imports == imports.sorted())
        }
    }

    @Test(arguments: PluginKind.allCases)
    func `a long name makes no line too long`(_ kind: PluginKind) throws {
        for (path, text) in try Self.plugin(kind, "a-name-as-long-as-there-may-be").files {
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 }, "\(path)")
        }
    }

    @Test(arguments: [
        ("tenant", "Tenant"), ("spend-limit", "SpendLimit"), ("a1-b2", "A1B2"),
    ])
    func `a module is called as the word is`(_ word: String, _ module: String) throws {
        #expect(try PluginName(word).module == module)
    }

    @Test(arguments: [
        "", "-", "Tenant", "tenant_a", "tenant-", "-tenant", "a--b", "1a", "a b", "a/b", "../a", "téa", "a\n",
        "testing",
        "swift", "any", String(repeating: "a", count: 31),
    ])
    func `what is no name is refused`(_ word: String) {
        #expect(throws: (any Error).self) { try PluginName(word) }
    }

    @Test(arguments: [(PluginKind.caveat, "path"), (.caveat, "spend-limit"), (.stage, "forward"), (.pricer, "static")])
    func `what there is is not begun anew`(_ kind: PluginKind, _ word: String) {
        #expect(throws: (any Error).self) { try NewPlugin(kind, named: PluginName(word)) }
    }

    // MARK: Lines

    @Test func `the package gets one line in order`() throws {
        let text = try Self.text("Package.swift")
        let plugin = try Self.plugin(.caveat, "region")
        let new = try plugin.manifest(text)
        #expect(Self.added(to: text, in: new) == ["    \"Region\","])
        #expect(new.contains("    \"Origin\",\n    \"Region\",\n"))
        #expect(try plugin.manifest(new) == new)
    }

    @Test(arguments: [
        (PluginKind.caveat, "region", ["internal import Region", "        registry.add(RegionCaveat.self)"]),
        (.stage, "zone", ["internal import Zone", "        registry.add(ZoneStage.self)"]),
        (.pricer, "auction", ["internal import Auction", "        registry.add(AuctionPricer.self)"]),
    ])
    func `the list of plugins gets two lines`(_ kind: PluginKind, _ word: String, _ lines: [Substring]) throws {
        let text = try Self.text("Sources/sluice/BuiltIn.swift")
        let plugin = try Self.plugin(kind, word)
        let new = try plugin.list(text)
        #expect(Self.added(to: text, in: new) == lines)
        #expect(try plugin.list(new) == new)
        let imports = new.split(separator: "\n").filter { $0.hasPrefix("internal import ") }
        #expect(imports == imports.sorted())
    }

    @Test(arguments: ["crypto", "free-tests", "gateway-kit", "standard", "l402"])
    func `a module that the package has is refused`(_ word: String) throws {
        let text = try Self.text("Package.swift")
        #expect(throws: (any Error).self) { try Self.plugin(.caveat, word).manifest(text) }
    }

    @Test func `a package without the list is refused`() throws {
        #expect(throws: (any Error).self) {
            try Self.plugin(.caveat, "region").manifest("let package = Package()\n")
        }
        #expect(throws: (any Error).self) { try Self.plugin(.caveat, "region").list("enum BuiltIn {}\n") }
    }

    // MARK: In a checkout

    private static func checkout() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, path) in [("Package.swift", ""), ("BuiltIn.swift", "Sources/sluice/")] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(path)",
                withIntermediateDirectories: true
            )
            try text(path + name).write(toFile: "\(folder.path)/\(path)\(name)", atomically: true, encoding: .utf8)
        }
        for name in ["Plugins", "Tests"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)",
                withIntermediateDirectories: true
            )
        }
        return folder
    }

    @Test func `a plugin is written into the checkout around a folder`() throws {
        let folder = try Self.checkout()
        let plugin = try Self.plugin(.caveat, "region")
        let written = try Checkout(holding: "\(folder.path)/Sources/sluice").write(plugin)
        #expect(
            written == [
                "Plugins/Region/RegionCaveat.swift", "Tests/RegionTests/RegionCaveatTests.swift", "Package.swift",
                "Sources/sluice/BuiltIn.swift",
            ]
        )
        for (path, text) in plugin.files {
            #expect(try String(decoding: folder.content(path), as: UTF8.self) == text)
        }
        #expect(String(decoding: try folder.content("Package.swift"), as: UTF8.self).contains("\"Region\","))
    }

    @Test(arguments: ["Plugins/Region", "Plugins/region", "Tests/RegionTests"])
    func `a folder that is there stays as it is, and so does everything else`(_ name: String) throws {
        let folder = try Self.checkout()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        let before = try folder.content("Package.swift")
        let plugin = try Self.plugin(.caveat, "region")
        #expect(throws: (any Error).self) { try Checkout(holding: folder.path).write(plugin) }
        #expect(try folder.content("Package.swift") == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/\(name)").isEmpty)
    }

    @Test func `what was removed can be written again, and its lines are there once`() throws {
        let folder = try Self.checkout()
        let plugin = try Self.plugin(.stage, "zone")
        let checkout = try Checkout(holding: folder.path)
        _ = try checkout.write(plugin)
        let lines = try folder.content("Package.swift")
        for path in plugin.folders { try FileManager.default.removeItem(atPath: "\(folder.path)/\(path)") }
        #expect(try checkout.write(plugin) == plugin.files.map(\.path))
        #expect(try folder.content("Package.swift") == lines)
    }

    @Test func `outside of a checkout the command says so`() async throws {
        let command = try await SluiceCommand.run(["plugin", "new", "caveat", "region"])
        #expect(command.status == 5)
        #expect(command.error.hasPrefix("error: '.' is in no checkout of the project"))
    }

    @Test func `the command writes a plugin and says how to go on`() async throws {
        let folder = try Self.checkout()
        let command = try await SluiceCommand.run(["plugin", "new", "pricer", "auction", "--in", folder.path])
        #expect(command.status == 0)
        #expect(
            command.error == """
                Plugins/Auction/AuctionPricer.swift: written
                Tests/AuctionTests/AuctionPricerTests.swift: written
                Package.swift: written
                Sources/sluice/BuiltIn.swift: written
                next: swift test --filter AuctionTests, and in a policy price: { use: auction, amount: 10 sat, large: 25 sat }

                """
        )
    }
}
