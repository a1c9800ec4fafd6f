import Foundation

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
    private let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluice-pricing-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { "\(path)/\(name)" }
}
