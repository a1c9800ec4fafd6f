import Foundation
import Testing

/// `sluice fmt`, `sluice schema` and `sluice import`, as processes.
struct PolicyCommandTests {
    private static let untidy = "version:   1\nroutes:\n- { name: a, match: {}, pipeline: [respond: hello] }\n"
    private static let tidy = "version: 1\nroutes:\n  - { name: a, match: {}, pipeline: [respond: hello] }\n"

    private static func file(_ text: String, in folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/policy.yaml"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    @Test func `fmt writes a policy in its canonical form and keeps its permissions`() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.file(Self.untidy, in: folder)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        let run = try await SluiceCommand.run(["fmt", folder.path])
        #expect(run.status == 0)
        let content = try folder.content("policy.yaml")
        #expect(String(decoding: content, as: UTF8.self) == Self.tidy)
        let mode = try folder.mode("policy.yaml")
        #expect(mode == 0o640)
    }

    @Test func `fmt --check names what is not in canonical form and writes nothing`() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.file(Self.untidy, in: folder)
        let run = try await SluiceCommand.run(["fmt", "--check", path])
        #expect(run.status == 1)
        #expect(run.error.contains("policy.yaml: not in canonical form"))
        let content = try folder.content("policy.yaml")
        #expect(String(decoding: content, as: UTF8.self) == Self.untidy)
    }

    @Test func `fmt --check passes what is in canonical form`() async throws {
        let folder = try TemporaryFolder()
        let run = try await SluiceCommand.run(["fmt", "--check", Self.file(Self.tidy, in: folder)])
        #expect(run.status == 0)
        #expect(run.error == "")
    }

    @Test func `fmt leaves a file that cannot be read as it is and says where`() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.file("version: [\n", in: folder)
        let run = try await SluiceCommand.run(["fmt", path])
        #expect(run.status == 1)
        #expect(run.error.contains("policy.yaml:2:1: error: "))
        let content = try folder.content("policy.yaml")
        #expect(String(decoding: content, as: UTF8.self) == "version: [\n")
    }

    @Test func `schema prints JSON`() async throws {
        let run = try await SluiceCommand.run(["schema"])
        #expect(run.status == 0)
        let schema = try JSONSerialization.jsonObject(with: run.output) as? [String: Any]
        #expect(schema?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test func `import prints a policy, and its warnings apart from it`() async throws {
        let folder = try TemporaryFolder()
        let text = "services:\n  - { name: a, hostregexp: '^a.com$', adress: x, address: '10.0.0.1:80', price: 3 }\n"
        let run = try await SluiceCommand.run(["import", Self.file(text, in: folder)])
        #expect(run.status == 0)
        #expect(run.text.contains("- price: 3 sat\n"))
        #expect(run.error.contains("policy.yaml:2:39: warning: unknown key 'adress' (did you mean 'address'?)"))
    }

    @Test func `import writes no policy over a file that is there`() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.file("listenaddr: localhost:1\n", in: folder)
        let run = try await SluiceCommand.run(["import", path, "--output", path])
        #expect(run.status == 1)
        #expect(run.error.contains("is there already"))
        let content = try folder.content("policy.yaml")
        #expect(String(decoding: content, as: UTF8.self) == "listenaddr: localhost:1\n")
    }
}
