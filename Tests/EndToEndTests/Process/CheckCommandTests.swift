import Foundation
import Testing
import sluice

@Suite struct `sluice check` {
    private struct Report: Decodable {
        struct Finding: Decodable, Equatable {
            let rule: String
            let file: String
            let line: Int
            let column: Int
            let message: String
        }

        let mistakes: [Finding]
        let warnings: [Finding]
        let routes: Int?
    }

    private let folder: TemporaryFolder
    private var policy: String { "\(folder.path)/policy.yaml" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ lines: String...) throws {
        let text = (["version: 1"] + lines + ["routes: [{ name: a, match: {}, pipeline: [respond: hello] }]"])
        try Data(text.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: policy))
    }

    private func report(_ arguments: [String] = []) async throws -> (status: Int32, report: Report) {
        let command = try await SluiceCommand.run(["check", policy, "--json"] + arguments)
        return (command.status, try JSONDecoder().decode(Report.self, from: command.output))
    }

    @Test func `prints one object with mistakes and warnings`() async throws {
        try write("lsten: 127.0.0.1:80", "pipelines: { a: [respond] }")
        let (status, report) = try await report()
        #expect(status == 1)
        #expect(report.mistakes.map(\.rule) == ["unknown-key"])
        #expect(report.mistakes.first?.file == policy)
        #expect(report.mistakes.first?.line == 2)
        #expect(report.mistakes.first?.column == 1)
        #expect(report.warnings.map(\.rule) == ["unused-pipeline"])
        #expect(report.routes == nil)
    }

    @Test func `counts the routes of a policy without a mistake`() async throws {
        try write()
        let (status, report) = try await report()
        #expect(status == 0)
        #expect(report.routes == 1)
    }

    @Test func `names the rule of each mistake`() async throws {
        try write("lsten: 127.0.0.1:80")
        let command = try await SluiceCommand.run(["check", policy])
        #expect(command.error.split(separator: "\n").first?.hasSuffix("[unknown-key]") == true)
    }

    @Test func `reads the certificates that the policy names`() async throws {
        try write("listen: { address: 127.0.0.1:8443, tls: { certificate: none.pem, key: none.pem } }")
        let (_, report) = try await report()
        #expect(report.mistakes.map(\.rule) == ["bad-certificate"])
        #expect(report.mistakes.first?.column == 56)
    }

    @Test func `looks names up where it is asked to`() async throws {
        try write("upstreams: { a: { url: http://localhost:1 } }")
        let (status, _) = try await report(["--resolve"])
        #expect(status == 0)
    }
}
