import Foundation
import GatewayTesting
import Testing

extension StoreConformance.ClaimingChild {
    /// StoreCrashChild, on a database. Built next to the test bundle; see Package.swift.
    static func sqlite(_ path: String) throws -> Self {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = [
            Bundle.main.executableURL?.deletingLastPathComponent(),
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
            root.appendingPathComponent(".build/debug"),
        ]
        let found = folders.compactMap { $0?.appendingPathComponent("StoreCrashChild").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        return .init(executable: try #require(found, "StoreCrashChild is not built"), arguments: [path])
    }
}
