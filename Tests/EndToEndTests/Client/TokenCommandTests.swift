import Foundation
import GatewayKit
import L402
import Testing
import sluice

struct TokenCommandTests {
    private struct Minted: Decodable {
        let authorization: String
        let generation: Int
        let preimage: String
    }

    private struct Verified: Decodable {
        struct Finding: Decodable {
            let caveat: String
            let holds: Bool
            let reason: String?
        }

        let valid: Bool
        let signature: String
        let preimage: String
        let caveats: [Finding]
    }

    /// The keyring of generation 3 in a folder of its own.
    private static func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let file = try folder.newFile("l402.keyring")
        try file.write(contentsOf: Data("3 \(String(repeating: "5a", count: 32))\n".utf8))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600],
            ofItemAtPath: "\(folder.path)/l402.keyring"
        )
        return folder
    }

    private static func mint(_ arguments: [String], in folder: TemporaryFolder) async throws -> Minted {
        let result = try await SluiceCommand.run(["token", "mint", "--data", folder.path] + arguments)
        #expect(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(Minted.self, from: result.output)
    }

    private static func verify(
        _ token: String,
        _ arguments: [String],
        in folder: TemporaryFolder
    ) async throws -> (status: Int32, answer: Verified) {
        let result = try await SluiceCommand.run(
            ["token", "verify", token, "--explain", "--data", folder.path] + arguments
        )
        return (result.status, try JSONDecoder().decode(Verified.self, from: result.output))
    }

    @Test func `a token that was minted opens a running gateway, and no other service`() async throws {
        try await TestGateway.with { gateway in
            let result = try await SluiceCommand.run(
                ["token", "mint", "--service", "quotes", "--valid-for", "1h", "--data", gateway.folder]
            )
            let minted = try JSONDecoder().decode(Minted.self, from: result.output)
            #expect(minted.preimage == "right")
            let fields = [("Authorization", minted.authorization)]
            #expect(try await gateway.request("/quotes", fields).status == 200)
            #expect(try await gateway.request("/other", fields).status == 402)
        }
    }

    @Test func `verify says for each caveat whether it holds, and ends with 4 when one does not`() async throws {
        let folder = try Self.folder()
        let minted = try await Self.mint(
            ["--service", "quotes", "--valid-for", "1h", "--caveat", "path=/v1/*", "--caveat", "method=GET"],
            in: folder
        )
        #expect(minted.generation == 3)
        let good = try await Self.verify(minted.authorization, ["--path", "/v1/a", "--method", "GET"], in: folder)
        #expect(good.status == 0)
        #expect(good.answer.valid)
        #expect(good.answer.caveats.map(\.holds) == [true, true, true, true])
        let bad = try await Self.verify(
            minted.authorization,
            ["--path", "/v2/a", "--service", "news", "--at", "4000000000"],
            in: folder
        )
        #expect(bad.status == 4)
        #expect(bad.answer.caveats.map(\.holds) == [false, false, false, true])
        #expect(bad.answer.caveats[2].reason == "not given: --method")
        let late = try await Self.verify(
            minted.authorization,
            ["--path", "/v1/a", "--method", "GET", "--at", "4000000000"],
            in: folder
        )
        #expect(late.status == 4)
        #expect(late.answer.caveats.map(\.holds) == [true, true, true, false])
    }

    @Test func `verify takes the tier that a token names, or the one that is asked for`() async throws {
        let folder = try Self.folder()
        let minted = try await Self.mint(["--service", "data:2"], in: folder)
        let named = try await Self.verify(minted.authorization, [], in: folder)
        #expect(named.status == 0)
        let asked = try await Self.verify(minted.authorization, ["--service", "data", "--tier", "1"], in: folder)
        #expect(asked.status == 4)
        #expect(asked.answer.caveats.first?.reason?.contains("another tier") == true)
    }

    @Test func `an attenuated token needs no key, and a widened one does not verify`() async throws {
        let folder = try Self.folder()
        let minted = try await Self.mint(["--service", "quotes"], in: folder)
        let narrowed = try await SluiceCommand.run([
            "token", "attenuate", minted.authorization, "--caveat", "address=192.0.2.0/24", "--valid-for", "1h",
        ])
        #expect(narrowed.status == 0)
        let token = try JSONDecoder().decode(Minted.self, from: narrowed.output).authorization
        #expect(try await Self.verify(token, ["--address", "192.0.2.9"], in: folder).status == 0)
        #expect(try await Self.verify(token, ["--address", "192.0.3.9"], in: folder).status == 4)
        let widened = try await SluiceCommand.run([
            "token", "attenuate", token, "--caveat", "address=192.0.0.0/16",
        ])
        let wide = try JSONDecoder().decode(Minted.self, from: widened.output).authorization
        let verified = try await Self.verify(wide, ["--address", "192.0.2.9"], in: folder)
        #expect(verified.status == 4)
        #expect(verified.answer.signature == "right")
        #expect(verified.answer.caveats.map(\.holds) == [true, true, true, false])
    }

    @Test func `another keyring, a missing keyring and what is no token have statuses of their own`() async throws {
        let folder = try Self.folder()
        let minted = try await Self.mint(["--every-service"], in: folder)
        let other = try TemporaryFolder()
        let missing = try await SluiceCommand.run(["token", "verify", minted.authorization, "--data", other.path])
        #expect(missing.status == 5)
        #expect(!FileManager.default.fileExists(atPath: "\(other.path)/l402.keyring"))
        #expect(try await SluiceCommand.run(["token", "inspect", "nonsense"]).status == 2)
        #expect(try await SluiceCommand.run(["token", "mint", "--data", folder.path]).status == 2)
        let macaroon = String(minted.authorization.dropFirst("L402 ".count).prefix { $0 != ":" })
        let unpaid = try await Self.verify(macaroon, [], in: folder)
        #expect(unpaid.status == 4)
        #expect(unpaid.answer.preimage == "missing")
        #expect(unpaid.answer.signature == "right")
    }

    @Test func `a report for a terminal shows what a token says and not the token`() throws {
        let keyring = try #require(Keyring([3: Bytes32(repeatElement(7, count: 32)) ?? .zero]))
        let preimage = Bytes32(repeatElement(0x11, count: 32)) ?? .zero
        let hash = "02d449a31fbb267c8f352e9968a79e3e5fc95c1bbeaa502fd6454ebde5a4bedc"
        let payment = PaymentHash(try #require(Bytes32(hex: hash)))
        let caveats = ["services=quotes:0", "quotes_valid_until=1700000000", "x=\u{1B}[2J"]
        let macaroon = try #require(keyring.macaroon(for: payment, caveats: caveats))
        let token = PresentedToken(macaroon, preimage: Preimage(preimage))
        let report = TokenReport(token, at: WallTime(seconds: 1_700_000_001))
        let lines = report.text().split(separator: "\n").map(String.init)
        #expect(lines[0] == "version       0")
        #expect(lines[1] == "payment hash  \(hash)")
        #expect(lines[3] == "generation    3")
        #expect(lines[4] == "preimage      right")
        #expect(lines[5] == "valid until   2023-11-14T22:13:20Z (expired)")
        #expect(lines[6].hasSuffix("the service is quotes"))
        #expect(lines[8].contains(#"x=\u{1B}[2J"#))
        for text in [report.text(), report.json()] {
            #expect(!text.contains(macaroon.base64))
            #expect(!text.contains(preimage.hex))
        }
    }
}
