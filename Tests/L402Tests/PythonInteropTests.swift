import Foundation
import GatewayKit
import L402
import Testing

/// Against pymacaroons, which shares no code with this package. `SLUICE_INTEROP_PYTHON` is the path of a Python that
/// has it.
@Suite(
    .enabled(
        if: PythonInterop.isExpected,
        "SLUICE_INTEROP_PYTHON is not set: it should be the path of a python that has pymacaroons 0.13.0"
    )
)
struct PythonInteropTests {
    private static let rootKey = [UInt8](0..<32)

    private let identifier = L402Identifier(payment: Shop.payment, generation: 1)

    @Test func `pymacaroons verifies what is minted here`() throws {
        var macaroon = Macaroon(location: "lsat", identifier: identifier.bytes, rootKey: Self.rootKey)
        macaroon.add("services=quotes:0")
        macaroon.add("quotes_valid_until=1900000000")
        let answer = try PythonInterop.ask(
            .init(do: "verify", key: Hex.encoded(Self.rootKey), macaroon: macaroon.base64)
        )
        #expect(answer.verified == true)
        #expect(answer.identifier == Hex.encoded(identifier.bytes))
        #expect(answer.caveats == macaroon.texts)
        let other = try PythonInterop.ask(
            .init(do: "verify", key: Hex.encoded(identifier.bytes), macaroon: macaroon.base64)
        )
        #expect(other.verified == false)
    }

    @Test func `what pymacaroons mints is verified here`() throws {
        let answer = try PythonInterop.ask(
            .init(
                do: "mint",
                key: Hex.encoded(Self.rootKey),
                identifier: Hex.encoded(identifier.bytes),
                location: "lsat",
                caveats: ["services=quotes:0", "quotes_capabilities=ä,b"]
            )
        )
        let macaroon = try Macaroon(base64: try #require(answer.macaroon))
        #expect(macaroon.isSigned(with: Self.rootKey))
        #expect(L402Identifier(macaroon.identifier) == identifier)
        #expect(macaroon.texts == ["services=quotes:0", "quotes_capabilities=ä,b"])
    }

    @Test func `a token that pymacaroons restricts is recognised by the gateway`() throws {
        let shop = try Shop()
        let token = try shop.token()
        let answer = try PythonInterop.ask(.init(do: "attenuate", macaroon: token.token, caveats: ["path=/v1/a"]))
        let value = "L402 \(try #require(answer.macaroon)):\(token.preimage.bytes.hex)"
        let credential = try #require(try shop.credential(("Authorization", value)))
        #expect(credential.caveats.map(\.description) == ["services=quotes:0", "path=/v1/a"])
    }
}

/// Runs `Tests/Interop/macaroons.py`.
enum PythonInterop {
    struct Request: Encodable {
        var `do`: String
        var key: String?
        var macaroon: String?
        var identifier: String?
        var location: String?
        var caveats: [String]?
    }

    struct Answer: Decodable {
        let macaroon: String?
        let verified: Bool?
        let identifier: String?
        let caveats: [String]?
    }

    private static let environment = ProcessInfo.processInfo.environment
    static let isExpected = environment["SLUICE_INTEROP_PYTHON"] != nil || environment["CI"] != nil

    static func ask(_ request: Request) throws -> Answer {
        let python = try #require(environment["SLUICE_INTEROP_PYTHON"], "CI needs SLUICE_INTEROP_PYTHON")
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [SharedVectors.packageRoot.appending(path: "Tests/Interop/macaroons.py").path]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(request))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try JSONDecoder().decode(Answer.self, from: answer)
    }
}
