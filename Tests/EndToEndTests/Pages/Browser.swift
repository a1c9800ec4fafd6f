import Foundation

/// Debian's chromium, with the programs beside it that tests of pages need.
enum Browser {
    static let isExpected =
        ["/usr/bin/chromium", "/usr/bin/zbarimg"].allSatisfy { FileManager.default.fileExists(atPath: $0) }
        || ProcessInfo.processInfo.environment["CI"] != nil

    /// A picture of a page.
    static func screenshot(of url: String, to picture: String, isDark: Bool, profile: String) async throws {
        _ = try await run(
            "/usr/bin/chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--user-data-dir=\(profile)", "--window-size=600,1200", "--screenshot=\(picture)",
            ] + (isDark ? ["--blink-settings=preferredColorScheme=0"] : []) + [url]
        )
    }

    /// What a script of `Tests/Interop` prints, which needs the Python of `SLUICE_INTEROP_PYTHON`.
    static func ask<Answer: Decodable>(_ script: String, _ arguments: String...) async throws -> Answer {
        let python = ProcessInfo.processInfo.environment["SLUICE_INTEROP_PYTHON"] ?? "python3"
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Interop/\(script)").path
        let output = try await run(python, [path] + arguments)
        return try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
    }

    static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let folder = try TemporaryFolder()
        process.standardOutput = try folder.newFile("output")
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return String(decoding: try folder.content("output"), as: UTF8.self)
    }
}
