internal import ArgumentParser
internal import GatewayPolicy

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct FormatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Write policies in their canonical form.",
        discussion: "Keeps comments, anchors and the order of everything, and never changes what a policy means."
    )

    @Argument(help: "Policy files, or folders of them (default: policies).")
    var files: [String] = []

    @Flag(help: "Write nothing; fail where a file is not in its canonical form.")
    var check = false

    func run() throws {
        var isCanonical = true
        var isReadable = true
        for path in try paths() {
            let bytes = try contents(of: path)
            switch PolicyFormat.text(of: bytes, named: path) {
            case .mistakes(let mistakes):
                isReadable = false
                for mistake in mistakes {
                    Terminal.standardError("\(mistake)")
                }
            case .text(let text) where text.utf8.elementsEqual(bytes):
                break
            case .text(let text):
                isCanonical = false
                if !check {
                    try write(text, to: path)
                }
                Terminal.standardError(check ? "\(path): not in canonical form" : "\(path): written")
            }
        }
        guard isReadable, isCanonical || !check else { throw CommandFailure(.failed) }
    }

    /// Folders stand for the policies in them.
    private func paths() throws -> [String] {
        try (files.isEmpty ? ["policies"] : files).flatMap { path -> [String] in
            guard FileManager.default.fileExists(atPath: path) else {
                throw CommandFailure(.notFound, "there is no '\(path)': name a policy file or a folder of them")
            }
            guard let names = DiskFiles().names(in: path) else { return [path] }
            let policies = names.filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }
            return policies.sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
        }
    }

    private func contents(of path: String) throws -> [UInt8] {
        do {
            return try DiskFiles().contents(of: path)
        } catch {
            throw CommandFailure(.failed, "cannot read '\(path)': \(error)")
        }
    }

    /// Whoever reads sees the old or the new text. A link is followed, and the file keeps its permissions.
    private func write(_ text: String, to path: String) throws {
        do {
            let url = URL(filePath: path).resolvingSymlinksInPath()
            let permissions = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions]
            try Data(text.utf8).write(to: url, options: .atomic)
            if let permissions {
                try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: url.path)
            }
        } catch {
            throw CommandFailure(.failed, "cannot write '\(path)'")
        }
    }
}
