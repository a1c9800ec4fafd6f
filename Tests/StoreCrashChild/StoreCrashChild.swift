internal import Foundation
internal import GatewayKit
internal import Logging
internal import Stores

/// Claims one payment after the other until it is killed, and prints the number of each once its claim was answered.
///
/// Arguments: the path of the database, and the number to begin with.
@main
struct StoreCrashChild {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, var number = UInt64(arguments[2]) else {
            throw StartFailure("usage: StoreCrashChild PATH NUMBER")
        }
        let store = SQLiteStore(path: arguments[1], logger: Logger(label: "child") { _ in SwiftLogNoOpLogHandler() })
        try await store.start()
        while true {
            if try await store.claim(PaymentHash(Bytes32(number: number))) {
                // Straight to the pipe: what is printed is known to the parent even after SIGKILL.
                try FileHandle.standardOutput.write(contentsOf: Data("\(number)\n".utf8))
            }
            number += 1
        }
    }
}

extension Bytes32 {
    /// The same as in StoresTests.
    init(number: UInt64) {
        self = .zero
        withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, as: UInt64.self) }
    }
}
