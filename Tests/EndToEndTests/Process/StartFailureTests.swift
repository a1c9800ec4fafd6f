import Foundation
import GatewayServer
import NIOCore
import Testing

@Suite struct `A gateway that cannot start says so in one line` {
    private let folder: TemporaryFolder
    private var policy: String { "\(folder.path)/policy.yaml" }
    private var data: String { "\(folder.path)/data" }

    init() throws {
        folder = try TemporaryFolder()
        try write(TestGateway.policyText(upstreamPort: 9))
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: policy))
    }

    private func run(_ arguments: [String] = []) async throws -> SluiceCommand {
        try await .run(["run", policy, "--data", data, "--log-level", "warning"] + arguments)
    }

    private func expect(
        _ command: SluiceCommand,
        _ error: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(command.status == 1, sourceLocation: location)
        #expect(command.error == "error: \(error)\n", sourceLocation: location)
        #expect(command.output.isEmpty, sourceLocation: location)
    }

    @Test func `for a port in use`() async throws {
        let other = try await EchoUpstream.start()
        let address = "127.0.0.1:\(other.addresses.first?.port ?? 0)"
        try write(TestGateway.policyText(listen: address, upstreamPort: 9))
        expect(try await run(), "cannot listen on \(address): the port is in use by another program")
        await other.drain()
    }

    @Test func `for a file where the data folder should be`() async throws {
        _ = try folder.newFile("data")
        let error = "cannot open \(data)/sluice.db: \(data) is not a folder"
        expect(try await run(), error)
        expect(try await .run(["demo", "--data", data]), error)
    }

    @Test func `for a damaged database, which it leaves alone`() async throws {
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let content = Data(repeating: 0xA5, count: 8_192)
        let file = URL(fileURLWithPath: "\(data)/sluice.db")
        try content.write(to: file)
        let error = "cannot open \(data)/sluice.db: it is not a SQLite database; move it away or restore a backup"
        expect(try await run(), error)
        expect(try await .run(["demo", "--data", data]), error)
        #expect(try Data(contentsOf: file) == content)
    }

    @Test func `for each mistake in the policy, and tells how many there are`() async throws {
        let text = TestGateway.policyText(upstreamPort: 9)
        try write(text.replacingOccurrences(of: "- forward: echo", with: "- forwad: echo"))
        let command = try await run()
        #expect(command.status == 1)
        let lines = command.error.split(separator: "\n")
        let line = text.split(separator: "\n", omittingEmptySubsequences: false)
            .firstIndex { $0.contains("- forward: echo") }
        let number = try #require(line) + 1
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("\(policy):\(number):7: ") == true)
        #expect(lines.first?.contains("did you mean 'forward'?") == true)
        #expect(lines.last == "error: 1 mistake")
        #expect(!FileManager.default.fileExists(atPath: data), "nothing is opened")
    }

    @Test func `for policies that are not there, with a status of its own`() async throws {
        let command = try await SluiceCommand.run(["run", "nowhere.yaml"])
        #expect(command.status == 5)
        #expect(command.error == "error: there is no 'nowhere.yaml': name a policy file or a folder of them\n")
    }

    @Test(arguments: [["run", "--nonsense"], ["demo", "more"], ["frobnicate"], ["run", "--log-level", "loud"]])
    func `a command line that is not understood ends with 2`(_ arguments: [String]) async throws {
        let command = try await SluiceCommand.run(arguments)
        #expect(command.status == 2)
        #expect(command.error.hasPrefix("Error: "))
        #expect(command.error.contains("Usage: sluice"))
    }
}
