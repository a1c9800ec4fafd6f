internal import Dispatch
internal import Foundation
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// A server of PostgreSQL on loopback, on a port that was free, with TLS and a password. It ends with its last reference, and with
/// this process.
///
/// Its shell is started before anybody else has the server, and spoken to on the queue alone; that is what makes
/// `@unchecked Sendable` true.
package final class PostgresServer: @unchecked Sendable {
    private struct State: Sendable {
        var folder = ""
        var port = 0
        var databases = 0
        var idleDatabases = [String]()
    }

    private static let environment = ProcessInfo.processInfo.environment
    private static let one = Task { try await PostgresServer.started() }

    /// What tests share that do not end it.
    package static var shared: PostgresServer {
        get async throws { try await one.value }
    }

    /// Whether tests with a server are to run: CI fails where something is missing, others skip them and say so.
    package static var isExpected: Bool {
        environment["CI"] != nil || (programs != nil && ["openssl", "runuser"].allSatisfy { path(of: $0) != nil })
    }

    package static let whyNot =
        "PostgreSQL is not installed: apt-get install postgresql openssl, which need not be running"

    private let queue = DispatchQueue(label: "postgres")
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private let password = "p@:/?#%\(UUID().uuidString)"
    private let state = NIOLockedValueBox(State())
    /// What the shell has said and nobody has read.
    private var text = Data()

    private init() throws {
        guard let programs = Self.programs else { throw PostgresServerFailure(Self.whyNot) }
        var command = ["/bin/sh", "-c", PostgresScript.text, "sluice", programs, password]
        // PostgreSQL does not run as root.
        if getuid() == 0 {
            guard let runuser = Self.path(of: "runuser") else { throw PostgresServerFailure("there is no runuser") }
            command = [runuser, "-u", "postgres", "--"] + command
        }
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        // One that the other user may be in.
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        process.standardInput = commands
        process.standardOutput = answers
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        try? commands.fileHandleForWriting.close()
    }

    /// A server of one's own, which accepts connections.
    package static func started() async throws -> PostgresServer {
        let server = try PostgresServer()
        let folder = try await server.say("folder")
        try await server.obey("make")
        // Somebody else may take a port before the server does.
        for attempt in 1...5 {
            let port = try await freePort()
            server.state.withLockedValue { state in
                state.folder = folder
                state.port = port
            }
            do {
                try await server.restart()
                break
            } catch {
                if attempt == 5 { throw error }
            }
        }
        return server
    }

    // MARK: Using

    /// Runs `body` with the address of an empty database.
    package func withDatabase<Result: Sendable>(
        _ body: (_ address: String) async throws -> Result
    ) async throws -> Result {
        let (name, isNew) = state.withLockedValue { state -> (String, Bool) in
            if let name = state.idleDatabases.popLast() { return (name, false) }
            state.databases += 1
            return ("test\(state.databases)", true)
        }
        if isNew { try await obey("create \(name)") }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(address(of: name)))
        } catch {
            result = .failure(error)
        }
        // One that is not clean is not used again.
        if (try? await obey("clean \(name)")) != nil { state.withLockedValue { $0.idleDatabases.append(name) } }
        return try result.get()
    }

    private func address(of database: String) -> String {
        let secret = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let port = state.withLockedValue { $0.port }
        return "postgres://postgres:\(secret)@127.0.0.1:\(port)/\(database)"
    }

    /// The same database by name, for those who look at the server's certificate.
    package func byName(_ address: String) -> String {
        address.replacingOccurrences(of: "@127.0.0.1:", with: "@localhost:") + "?hostaddr=127.0.0.1"
    }

    /// The file of the certificate, which has signed itself.
    package var certificate: String { state.withLockedValue { $0.folder } + "/data/server.crt" }

    // MARK: Ending

    /// Ends it as a crash does: at once, in the middle of whatever it does.
    package func crash() async throws {
        try await obey("crash")
    }

    /// Returns when it accepts connections, at the same port.
    package func restart() async throws {
        try await obey("start \(state.withLockedValue { $0.port })")
    }

    // MARK: The shell

    private func obey(_ command: String) async throws {
        let answer = try await say(command)
        guard answer == "done" else { throw PostgresServerFailure("'\(command)' \(answer)") }
    }

    private func say(_ command: String) async throws -> String {
        // Waiting for a process blocks its thread, which others in this process may need.
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.exchange(command) }) }
        }
    }

    private func exchange(_ command: String) throws -> String {
        try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
        while true {
            if let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: text[..<end], as: UTF8.self)
                text = Data(text[text.index(after: end)...])
                return line
            }
            let part = answers.fileHandleForReading.availableData
            guard !part.isEmpty else { throw PostgresServerFailure("the shell of the server has ended") }
            text += part
        }
    }

    // MARK: Programs

    /// The folder of the newest version's programs, where Debian has them.
    private static var programs: String? {
        let folder = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap { Int($0) }
        return versions.sorted(by: >).map { "\(folder)/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
    }

    private static func path(of program: String) -> String? {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }
}
