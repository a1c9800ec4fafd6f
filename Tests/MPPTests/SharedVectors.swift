import Foundation

/// The vectors that stand beside the package, in `../shared` or in the folder that `SLUICE_SHARED` names.
enum SharedVectors {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["SLUICE_SHARED"] {
            return URL(filePath: path).appending(path: "vectors")
        }
        return packageRoot.deletingLastPathComponent().appending(path: "shared/vectors")
    }()

    static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// False only where a developer has no copy of them; in CI a test that needs them runs, and fails without.
    static let areExpected =
        FileManager.default.fileExists(atPath: folder.path) || ProcessInfo.processInfo.environment["CI"] != nil

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: path)))
    }
}
