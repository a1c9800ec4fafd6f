import Foundation
import Stores
import Logging

/// A folder for one test, removed afterwards.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluice-stores-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { path + "/" + name }
}

extension SQLiteStore {
    convenience init(_ path: String, queueCapacity: Int = 100_000) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        self.init(path: path, logger: logger, queueCapacity: queueCapacity)
    }
}
