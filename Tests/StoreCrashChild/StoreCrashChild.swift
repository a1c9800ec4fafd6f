internal import Foundation
internal import GatewayKit
internal import Logging
internal import Stores

/// Claims payments on a SQLite store until it is killed, as `StoreConformance.ClaimingChild` says.
///
/// Its argument is the path of the database.
@main
struct StoreCrashChild {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else { throw StartFailure("usage: StoreCrashChild PATH < PAYMENTS") }
        let logger = Logger(label: "child") { _ in SwiftLogNoOpLogHandler() }
        let store = SQLiteStore(path: CommandLine.arguments[1], logger: logger)
        try await store.start()
        let lines = String(decoding: try FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
        let payments = lines.split(separator: "\n").compactMap { Bytes32(hex: $0) }.map(PaymentHash.init)
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for payment in payments where try await store.claim(payment) {
                        // Straight to the pipe: what is written is known to the parent even after SIGKILL.
                        try FileHandle.standardOutput.write(contentsOf: Data("\(payment)\n".utf8))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await Task.sleep(for: .seconds(60))
    }
}
