#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A checkout of the project.
package struct Checkout: Sendable {
    private static let manifest = "Package.swift"
    private static let list = "Sources/sluice/BuiltIn.swift"

    private let root: String

    /// - Parameter folder: the checkout, or a folder in it.
    /// - Throws: `CommandFailure` 5 when it is in none.
    package init(holding folder: String) throws {
        var url = URL(filePath: folder).standardizedFileURL.resolvingSymlinksInPath()
        while true {
            let path = url.path(percentEncoded: false)
            let names = [Self.manifest, Self.list]
            if names.allSatisfy({ FileManager.default.fileExists(atPath: "\(path)/\($0)") }) {
                root = path
                return
            }
            guard url.pathComponents.count > 1 else { break }
            url.deleteLastPathComponent()
        }
        throw CommandFailure(
            .notFound,
            "'\(folder.printable)' is in no checkout of the project: there is no \(Self.list) above it; name it with --in"
        )
    }

    /// Writes what the plugin begins as, and adds its lines. What is there already is never written over, and when a
    /// plugin cannot be written nothing is.
    ///
    /// - Returns: the paths of what was written.
    /// - Throws: `CommandFailure`.
    package func write(_ plugin: NewPlugin) throws -> [String] {
        for folder in plugin.folders {
            // Not by letters alone: file systems may not tell them apart.
            let (parent, name) = (folder.prefix { $0 != "/" }, folder.drop { $0 != "/" }.dropFirst().lowercased())
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(parent)")) ?? []
            if let known = names.first(where: { $0.lowercased() == name }) {
                throw CommandFailure(.failed, "'\(parent)/\(known)' is there: remove it, or choose another name")
            }
        }
        let old = (manifest: try text(of: Self.manifest), list: try text(of: Self.list))
        let new = (manifest: try plugin.manifest(old.manifest), list: try plugin.list(old.list))
        var written = [String]()
        for folder in plugin.folders {
            try make(folder)
        }
        for (path, text) in plugin.files {
            try write(text, to: path)
            written.append(path)
        }
        // Last: what they name is there by then.
        for (path, old, new) in [(Self.manifest, old.manifest, new.manifest), (Self.list, old.list, new.list)]
        where old != new {
            try write(new, to: path)
            written.append(path)
        }
        return written
    }

    private func text(of path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: "\(root)/\(path)"),
            let text = String(validating: data, as: UTF8.self)
        else { throw CommandFailure(.failed, "cannot read '\(path)'") }
        return text
    }

    private func make(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.failed, "cannot make the folder '\(folder)'")
        }
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"), options: .atomic)
        } catch {
            throw CommandFailure(.failed, "cannot write '\(path)'")
        }
    }
}
