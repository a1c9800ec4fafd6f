import Foundation
import Standard
import Testing

struct QRCodeTests {
    private static let decoder = "/usr/bin/zbarimg"
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")

    /// What zbar reads in a picture of the code, four pixels a module.
    private static func decoded(_ code: QRCode) async throws -> String {
        let scale = 4
        let side = (code.size + 8) * scale
        var picture = Data("P5 \(side) \(side) 255\n".utf8)
        for y in 0..<side {
            for x in 0..<side {
                let column = x / scale - 4
                let row = y / scale - 4
                let isInside = (0..<code.size).contains(column) && (0..<code.size).contains(row)
                picture.append(isInside && code.isDark(column, row) ? 0 : 255)
            }
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString).pgm")
        try picture.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: decoder)
        process.arguments = ["--raw", "--quiet", "-Sdisable", "-Sqrcode.enable", file.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private static var isDecoderExpected: Bool {
        FileManager.default.fileExists(atPath: decoder) || ProcessInfo.processInfo.environment["CI"] != nil
    }

    @Test(.enabled(if: isDecoderExpected), arguments: [1, 16, 24, 25, 60, 250, 400, 700, 1_000, 1_500, 2_500, 4_296])
    func `a decoder reads capitals and digits as they were written`(count: Int) async throws {
        // No space at an end, which a decoder may take away.
        let text =
            "A"
            + String(
                (1..<max(count, 1)).map { Self.alphabet[$0 * 7 % Self.alphabet.count] }.map { $0 == " " ? "Z" : $0 }
            )
        let code = try #require(QRCode(text))
        #expect(try await Self.decoded(code) == text)
    }

    @Test(.enabled(if: isDecoderExpected), arguments: [1, 17, 33, 230, 271, 900, 2_953])
    func `a decoder reads small letters as they were written`(count: Int) async throws {
        let text = String((0..<count).map { Character(UnicodeScalar(UInt8(97 + $0 * 5 % 26))) })
        let code = try #require(QRCode(text))
        #expect(try await Self.decoded(code) == text)
    }

    /// ISO/IEC 18004, table 7: what the versions hold at level L.
    @Test(arguments: [(25, 1), (26, 2), (47, 2), (48, 3), (395, 10), (396, 11), (1_853, 25), (1_854, 26), (4_296, 40)])
    func `the smallest version that holds the text is taken`(count: Int, version: Int) throws {
        let code = try #require(QRCode(String(repeating: "A", count: count)))
        #expect(code.version == version)
        #expect(code.size == 17 + 4 * version)
    }

    @Test func `what no code holds is none`() {
        #expect(QRCode(String(repeating: "A", count: 4_297)) == nil)
        #expect(QRCode(String(repeating: "a", count: 2_954)) == nil)
    }

    @Test func `the path draws each dark module once`() throws {
        let code = try #require(QRCode("LNBC10N1"))
        var modules = Set<[Int]>()
        for run in code.path(margin: 4).split(separator: "z") {
            let numbers = run.dropFirst().split { " hv-".contains($0) }.compactMap { Int($0) }
            try #require(numbers.count == 5)
            for column in numbers[0]..<numbers[0] + numbers[2] {
                #expect(modules.insert([column - 4, numbers[1] - 4]).inserted)
            }
        }
        for row in 0..<code.size {
            for column in 0..<code.size {
                #expect(modules.contains([column, row]) == code.isDark(column, row))
            }
        }
    }
}
