import Foundation
import Testing

/// `sluice doctor`, as a process.
struct DoctorCommandTests {
    /// With the rights of lnd's `invoice.macaroon`.
    private static let macaroon = """
        0201036c6e640258030a10070707070707070707070707070707071201301a160a076164647265737312047265616412\
        0577726974651a170a08696e766f69636573120472656164120577726974651a0f0a076f6e636861696e120472656164\
        000006200909090909090909090909090909090909090909090909090909090909090909
        """

    private static func policy(_ lightning: String, in folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/policy.yaml"
        let text = """
            version: 1
            lightning: \(lightning)
            routes:
              - { name: a, match: {}, pipeline: [respond: hello] }

            """
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    @Test func `doctor says what a macaroon allows beyond what is needed, also while nothing answers`() async throws {
        let folder = try TemporaryFolder()
        let lightning = "{ use: lnd, address: 127.0.0.1:9, timeout: 100ms, macaroon: \(Self.macaroon) }"
        let path = try Self.policy(lightning, in: folder)
        let run = try await SluiceCommand.run(["doctor", path])
        #expect(run.status == 1)
        #expect(run.text.contains("more than the gateway needs: address:read, address:write, onchain:read"))
        #expect(run.text.contains("the node cannot be asked"))
        #expect(!run.text.contains(Self.macaroon))
        #expect(!run.error.contains(Self.macaroon))
    }

    @Test func `doctor says that the development node moves no money`() async throws {
        let folder = try TemporaryFolder()
        let run = try await SluiceCommand.run(["doctor", Self.policy("{ use: dev }", in: folder)])
        #expect(run.status == 1)
        #expect(run.text.contains("the development node moves no money"))
    }

    @Test func `doctor asks each node of a pool, and says that one may pay and need not`() async throws {
        let folder = try TemporaryFolder()
        let settings = "address: http://127.0.0.1:9, timeout: 100ms, password: tea-and-cake, refunds: true"
        let path = try Self.policy("{ use: pool, members: { main: { use: phoenixd, \(settings) } } }", in: folder)
        let run = try await SluiceCommand.run(["doctor", path])
        #expect(run.status == 1)
        #expect(run.text.contains("the node cannot be asked: main: "))
        #expect(!run.text.contains("has not started"))
        #expect(run.text.contains("no route takes deposits"))
        #expect(!(run.text + run.error).contains("tea-and-cake"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/.sluice"))
    }
}
