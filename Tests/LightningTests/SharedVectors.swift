import Foundation
import Testing

/// The vectors that live beside the package; another place is named by `SLUICE_SHARED`.
enum SharedVectors {
    static let folder: URL = {
        if let place = ProcessInfo.processInfo.environment["SLUICE_SHARED"] {
            return URL(fileURLWithPath: place, isDirectory: true)
        }
        return packageRoot.deletingLastPathComponent().appendingPathComponent("shared")
    }()

    /// `<package>/Tests/LightningTests/SharedVectors.swift` is where this stands.
    static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let bolt11 = folder.appendingPathComponent("vectors/bolt11/bolt11-examples.json")

    /// Tests that need the vectors are skipped where they are not, except in CI, where `the vectors are there` fails.
    static let areThere = FileManager.default.fileExists(atPath: bolt11.path)
    static let skipped: Comment = "the BOLT 11 vectors are missing; SLUICE_SHARED names the folder that holds them"

    @Test(.enabled(if: ProcessInfo.processInfo.environment["CI"] != nil || areThere, skipped))
    static func `the vectors are there`() {
        #expect(areThere, skipped)
    }
}
