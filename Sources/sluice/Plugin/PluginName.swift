/// The word of a new plugin, and the module that it makes: `spend-limit`, `SpendLimit`.
package struct PluginName: Hashable, Sendable {
    /// Longer ones make lines that are too long.
    private static let longest = 30

    package let word: String
    package let module: String

    /// Modules that come with Swift and with the packages of the project, whose names a plugin must not have.
    private static let taken: Set<String> = [
        "Algorithms", "Any", "Atomics", "Builtin", "Collections", "Combine", "ConcurrencyHelpers", "Configuration",
        "Darwin", "Dispatch", "Distributed", "Foundation", "Glibc", "Instrumentation", "Metrics", "Musl", "Observation",
        "Protocol", "Regex", "Self", "Subprocess", "Swift", "Synchronization", "System", "Testing", "Tracing", "Type",
        "Windows",
    ]

    /// - Throws: `CommandFailure` 2 for what is no word, or makes a module that there is.
    package init(_ word: String) throws {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        let isWord = parts.allSatisfy { part in
            part.utf8.first.map { (0x61...0x7A).contains($0) } == true
                && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        }
        guard isWord, word.utf8.count <= Self.longest else {
            throw CommandFailure(
                .usage,
                "'\(word.printable)' should be small letters and digits, words joined by '-', \(Self.longest) characters"
                    + " at the most: spend-limit"
            )
        }
        self.word = word
        module = parts.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        // The tests of a plugin have a module of their own.
        guard !Self.taken.contains(module), !module.hasSuffix("Tests") else {
            throw CommandFailure(.usage, "'\(word)' makes the module \(module), which is taken; choose another name")
        }
    }
}
