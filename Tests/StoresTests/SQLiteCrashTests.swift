import Foundation
import GatewayKit
import Stores
import Testing

struct SQLiteCrashTests {
    /// Built next to the test bundle; see Package.swift.
    private static var child: URL? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = [
            Bundle.main.executableURL?.deletingLastPathComponent(),
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
            root.appendingPathComponent(".build/debug"),
        ]
        return folders.compactMap { $0?.appendingPathComponent("StoreCrashChild") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Starts a child, kills it after it has printed `count` lines, and returns every number that it printed.
    private static func killed(_ child: URL, path: String, from start: UInt64, after count: Int) throws -> [UInt64] {
        let process = Process()
        let output = Pipe()
        process.executableURL = child
        process.arguments = [path, String(start)]
        process.standardOutput = output
        try process.run()
        var text = Data()
        while text.count(where: { $0 == UInt8(ascii: "\n") }) < count {
            let part = output.fileHandleForReading.availableData
            if part.isEmpty { break }
            text += part
        }
        kill(process.processIdentifier, SIGKILL)
        text += output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationReason == .uncaughtSignal, "the child ended by itself")
        // The last line may be cut off; its number counts only with its line end.
        return text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            .compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    }

    @Test(.timeLimit(.minutes(2)))
    func `no claim that was answered is lost when the process is killed`() async throws {
        let child = try #require(Self.child, "StoreCrashChild is not built")
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        var claimed = [UInt64]()
        for _ in 0..<8 {
            let start = (claimed.last ?? 0) + (claimed.isEmpty ? 0 : 1)
            let count = Int.random(in: 1...60)
            let numbers = try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result { try Self.killed(child, path: path, from: start, after: count) }
                    )
                }
            }
            #expect(numbers.count >= count)
            claimed += numbers
        }
        #expect(Set(claimed).count == claimed.count, "no payment was claimed by two of the children")

        let store = SQLiteStore(path)
        try await store.start()
        var lost = [UInt64]()
        for number in claimed where try await store.claim(PaymentHash(Bytes32(number: number))) {
            lost.append(number)
        }
        #expect(lost == [])
        let next = PaymentHash(Bytes32(number: (claimed.last ?? 0) + 1_000))
        #expect(try await store.claim(next), "a payment that no child came to")
        await store.stop()
    }
}
