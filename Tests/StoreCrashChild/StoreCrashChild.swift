internal import Foundation
internal import GatewayKit
internal import Logging
internal import Stores

/// Claims payments on a SQLite store until it is killed, as `StoreConformance.ClaimingChild` says.
///
/// Its arguments are the path of the database, and `spend` if it is to spend sessions.
@main
struct StoreCrashChild {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard (1...2).contains(arguments.count), arguments.count == 1 || arguments.last == "spend" else {
            throw StartFailure("usage: StoreCrashChild PATH [spend] < PAYMENTS")
        }
        let logger = Logger(label: "child") { _ in SwiftLogNoOpLogHandler() }
        let store = SQLiteStore(path: CommandLine.arguments[1], logger: logger)
        try await store.start()
        let lines = String(decoding: try FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
        let payments = lines.split(separator: "\n").compactMap { Bytes32(hex: $0) }.map(PaymentHash.init)
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    if arguments.count == 2 {
                        try await spend(payments, in: store)
                    } else {
                        for payment in payments where try await store.claim(payment) { try tell(payment) }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await Task.sleep(for: .seconds(60))
    }

    private static func spend(_ sessions: [PaymentHash], in store: SQLiteStore) async throws {
        let amount = Amount(millisatoshis: 1)
        let time = TimeSource.system.now()
        for _ in 0..<1_000 {
            for session in sessions {
                let taking = SessionTaking(session: session, amount: amount, time: time)
                if case .done? = try await store.sessions.take([taking]).first { try tell(session) }
            }
        }
    }

    /// Straight to the pipe: what is written is known to the parent even after SIGKILL.
    private static func tell(_ payment: PaymentHash) throws {
        try FileHandle.standardOutput.write(contentsOf: Data("\(payment)\n".utf8))
    }
}
