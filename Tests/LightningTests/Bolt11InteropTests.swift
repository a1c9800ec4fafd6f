import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Lightning
import Testing

/// Against the package bolt11, which shares no code with this one. `SLUICE_INTEROP_PYTHON` is the path of a Python that
/// has it.
@Suite(
    .enabled(
        if: Bolt11Peer.isExpected,
        "SLUICE_INTEROP_PYTHON is not set: it should be the path of a python that has bolt11 2.2.0"
    )
)
struct Bolt11InteropTests {
    @Test(
        arguments: [
            (1, "tea", 1), (1_500, "ナンセンス 1杯", 60), (10_000, "10 sat", 3_600), (123_456_789, "a \"b\" \\ c", 86_400),
            (2_000_000_000_000, String(repeating: "m", count: 639), 31_536_000),
        ] as [(UInt64, String, Int64)]
    )
    func `bolt11 reads in the node's invoices what was asked for`(
        _ millisatoshis: UInt64,
        memo: String,
        seconds: Int64
    ) async throws {
        let time = ManualTime()
        let node = try await DevNode.started(time: time.source)
        let made = try await node.makeInvoice(
            for: Amount(millisatoshis: millisatoshis),
            memo: memo,
            expiresIn: .seconds(seconds)
        )
        let read = try Bolt11Peer.decode(made.bolt11)
        #expect(read.amountMsat == millisatoshis)
        #expect(read.description == memo)
        #expect(read.expiry == seconds)
        #expect(read.timestamp == time.now.seconds)
        #expect(read.currency == "bcrt")
        #expect(read.finalExpiryDelta == 18)
        #expect(read.paymentHash == made.paymentHash.description)
    }

    @Test func `bolt11 finds the node's secret and features in its invoice`() async throws {
        let node = try await DevNode.started()
        let answer = try await node.answer(.post, "/v1/invoices", #"{"value":10,"memo":"tea"}"#)
        let read = try Bolt11Peer.decode(try #require(answer["payment_request"]))
        let secret = try #require(answer["payment_addr"].flatMap { Data(base64Encoded: $0) })
        #expect(read.paymentSecret == Hex.encoded(secret))
        #expect(read.features == ["var_onion_optin": "required", "payment_secret": "required"])
    }

    @Test func `bolt11 computes the node from the signature`() async throws {
        let node = try await DevNode.started()
        for _ in 0..<4 {
            let invoice = try await node.invoice()
            let read = try Bolt11Peer.decode(invoice.bolt11)
            #expect(try read.payee == node.id.description)
            #expect(read.signature == Hex.encoded(try Bolt11Invoice(decoding: invoice.bolt11).signature.compact))
            #expect(read.signatureVerified)
        }
    }

    @Test func `bolt11 computes another node when the amount was changed after signing`() async throws {
        let node = try await DevNode.started()
        let invoice = try await node.invoice(10)
        let letters = try #require(invoice.bolt11.split(separator: "1").last).utf8.dropLast(6)
        let words = letters.compactMap { Bech32.alphabet.firstIndex(of: $0).map { UInt8($0) } }
        #expect(Bech32.encode(prefix: "lnbcrt100n", words: words) == invoice.bolt11)
        let forged = try Bolt11Peer.decode(Bech32.encode(prefix: "lnbcrt200n", words: words))
        #expect(forged.amountMsat == 20_000)
        #expect(try forged.payee != node.id.description)
    }
}

/// Runs `Tests/Interop/decode_invoice.py`.
enum Bolt11Peer {
    struct Invoice: Decodable {
        let amountMsat: UInt64
        let paymentHash: String
        let paymentSecret: String
        let description: String
        let expiry: Int64
        let timestamp: Int64
        let finalExpiryDelta: Int
        let features: [String: String]
        let payee: String
        let signature: String
        let signatureVerified: Bool
        let currency: String
    }

    private static let environment = ProcessInfo.processInfo.environment
    static let isExpected = environment["SLUICE_INTEROP_PYTHON"] != nil || environment["CI"] != nil

    static func decode(_ bolt11: String) throws -> Invoice {
        let python = try #require(environment["SLUICE_INTEROP_PYTHON"], "CI needs SLUICE_INTEROP_PYTHON")
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [SharedVectors.packageRoot.appending(path: "Tests/Interop/decode_invoice.py").path]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data("\(bolt11)\n".utf8))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Invoice.self, from: answer)
    }
}
