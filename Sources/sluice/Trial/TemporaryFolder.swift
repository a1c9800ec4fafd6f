#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A folder for nobody else to read, which is removed with its last owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let manager = FileManager.default
        path = manager.temporaryDirectory.path + "/sluice-trial-\(UUID().uuidString)"
        try manager.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// With copies of the keys in another folder, as far as there are any: nothing is written there.
    convenience init(withKeysOf other: String?) throws {
        try self.init()
        let manager = FileManager.default
        guard let other, let names = try? manager.contentsOfDirectory(atPath: other) else { return }
        for name in names where name.hasSuffix(".keyring") {
            try manager.copyItem(atPath: "\(other)/\(name)", toPath: "\(path)/\(name)")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
