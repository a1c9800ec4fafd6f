internal import Foundation

/// One of the programs, running on the core under test with a duty.
struct Gateway {
    let program: Program
    let port: Int
    /// `http://127.0.0.1:PORT` or `https://...`.
    let origin: String
    let process: ChildProcess
    /// What each request carries: the token that was bought.
    private(set) var fields: [String] = []

    /// Starts it and waits until it listens.
    ///
    /// - Throws: `BenchFailure` with what the program said, when it refuses its configuration or does not start.
    init(_ program: Program, for duty: Duty, on bench: Workbench) throws {
        self.program = program
        port = try FreePort.next()
        origin = "\(duty.front == .tls ? "https" : "http")://127.0.0.1:\(port)"
        let folder = try bench.workspace.folder(program.rawValue)
        let configuration = program.configuration(for: duty)
        let site = Site(port: port, walletPort: try FreePort.next(), folder: folder, bench: bench)
        let file = try bench.workspace.write(
            configuration.text(on: site).utf8,
            to: "\(program.rawValue)/\(configuration.fileName)"
        )
        process = try ChildProcess(
            configuration.command(file: file, on: site),
            named: program.rawValue,
            on: .underTest,
            environment: configuration.environment(on: site),
            workspace: bench.workspace,
            tools: bench.tools
        )
        do {
            try process.waitForPort(port, within: .seconds(15))
            if duty.isPaid {
                let token = try Token(boughtAt: "\(origin)/", site: site)
                fields = ["Authorization: \(token.authorization)"]
            }
        } catch {
            process.stop()
            throw error
        }
    }

    /// Runs `body` and stops the program after it.
    ///
    /// - Throws: what `body` throws, with what the program itself had to say.
    func whileRunning<Result>(_ body: (Gateway) throws -> Result) throws -> Result {
        defer { process.stop() }
        do {
            return try body(self)
        } catch {
            guard let complaint = process.complaint else { throw error }
            throw BenchFailure("\(error); \(program.rawValue) says: \(complaint)")
        }
    }
}
