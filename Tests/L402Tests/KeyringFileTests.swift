import Dispatch
import Foundation
import GatewayKit
import L402
import NIOConcurrencyHelpers
import Testing

struct KeyringFileTests {
    private let folder = TemporaryFolder()
    private var file: KeyringFile<Keyring> { KeyringFile(dataFolder: folder.path + "/deep") }

    @Test func `the first use makes a keyring for its owner alone`() throws {
        let keyring = try file.load()
        #expect(keyring.newest == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/deep") == ["l402.keyring"])
    }

    @Test func `the second use finds the keys of the first`() throws {
        let token = try #require(try file.load().macaroon(for: Shop.payment, caveats: [])).encoded
        #expect(throws: Never.self) { try file.load().credential(of: token) }
    }

    @Test func `of many that start together all have the same keys`() throws {
        let tokens = NIOLockedValueBox<[[UInt8]]>([])
        let file = file
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            let token = try? file.load().macaroon(for: Shop.payment, caveats: [])?.encoded
            tokens.withLockedValue { $0.append(token ?? []) }
        }
        let keyring = try file.load()
        let all = tokens.withLockedValue { $0 }
        #expect(all.count == 16)
        for token in all {
            #expect(throws: Never.self) { try keyring.credential(of: token) }
        }
    }

    @Test func `a damaged file is one line for the operator and stays as it is`() throws {
        _ = try file.load()
        try "1 nonsense\n".write(toFile: file.path, atomically: false, encoding: .utf8)
        let failure = #expect(throws: StartFailure.self) { try L402Scheme.prepare(dataFolder: folder.path + "/deep") }
        let message = try #require(failure?.description)
        #expect(message.hasPrefix("the keyring \(file.path) is damaged: line 1 should be a generation and 64 "))
        #expect(!message.contains("\n"))
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "1 nonsense\n")
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o610, 0o777])
    func `a file that others can open is refused, with what to do`(mode: Int) throws {
        _ = try file.load()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        let digits = String(mode, radix: 8)
        #expect(
            throws: StartFailure(
                "the keyring \(file.path) is open to others (mode 0\(digits)), and whoever has it can make tokens:"
                    + " chmod 600 \(file.path)"
            )
        ) { try file.load() }
    }

    @Test(arguments: [0o600, 0o400, 0o700])
    func `a file that is its owner's alone is read`(mode: Int) throws {
        _ = try file.load()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        #expect(throws: Never.self) { try file.load() }
    }

    @Test func `a folder in the place of the file is one line for the operator`() throws {
        try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: true)
        let failure = #expect(throws: StartFailure.self) { try file.load() }
        #expect(failure?.description.hasPrefix("cannot read \(file.path), which L402 tokens need: ") == true)
    }

    @Test func `a folder that cannot be made is one line for the operator`() {
        let file = KeyringFile<Keyring>(dataFolder: "/dev/null/keys")
        let failure = #expect(throws: StartFailure.self) { try file.load() }
        #expect(failure?.description.hasPrefix("cannot ") == true)
    }

    @Test func `a file without end is not read to its end`() throws {
        _ = try file.load()
        try String(repeating: "#", count: 70_000).write(toFile: file.path, atomically: false, encoding: .utf8)
        #expect(throws: StartFailure("\(file.path) is too long to be a keyring")) { try file.load() }
    }

    @Test func `making a scheme touches no file`() throws {
        let shop = try Shop(folder: folder)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        try L402Scheme.prepare(dataFolder: shop.folder.path)
        #expect(FileManager.default.fileExists(atPath: folder.path + "/l402.keyring"))
    }
}
