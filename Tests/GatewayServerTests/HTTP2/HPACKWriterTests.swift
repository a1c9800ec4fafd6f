import GatewayKit
import GatewayServer
import NIOCore
import Testing

struct HPACKWriterTests {
    private func written(_ body: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        body(&buffer)
        return buffer.readableBytesView.map { String($0 >> 4, radix: 16) + String($0 & 0x0F, radix: 16) }.joined()
    }

    private func written(_ name: FieldName, _ value: String) -> String {
        written { HPACKWriter.write(name, value, into: &$0) }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        written { _ = $0.writeBytes(bytes) }
    }

    /// RFC 7541 C.1, and the largest and smallest of a length.
    @Test(arguments: [
        (10, 5, 0, "0a"), (10, 5, 0xE0, "ea"), (1337, 5, 0, "1f9a0a"), (42, 8, 0, "2a"), (0, 4, 0x10, "10"),
        (30, 5, 0, "1e"), (31, 5, 0, "1f00"), (158, 5, 0, "1f7f"), (159, 5, 0, "1f8001"), (127, 7, 0x80, "ff00"),
    ])
    func `an integer is written`(_ value: Int, _ prefixBits: Int, _ pattern: UInt8, _ hex: String) {
        #expect(written { HPACKWriter.writeInteger(value, prefixBits: prefixBits, pattern: pattern, into: &$0) } == hex)
    }

    @Test(arguments: [
        (200, "88"), (204, "89"), (206, "8a"), (304, "8b"), (400, "8c"), (404, "8d"), (500, "8e"),
        (402, "0803343032"), (100, "0803313030"), (999, "0803393939"), (7, "0803303037"), (-1, "0803303030"),
        (1_000, "0803393939"), (.max, "0803393939"),
    ])
    func `a status is written`(_ code: Int, _ hex: String) {
        #expect(written { HPACKWriter.writeStatus(code, into: &$0) } == hex)
    }

    @Test(arguments: [
        (PseudoField.method, "GET", "82"), (.method, "POST", "83"), (.method, "PUT", "0203505554"), (.path, "/", "84"),
        (.path, "/index.html", "85"), (.path, "/a", "04022f61"), (.scheme, "http", "86"), (.scheme, "https", "87"),
        (.scheme, "ws", "06027773"), (.authority, "", "81"), (.authority, "a.b", "0103612e62"),
        (.protocol, "w", "00093a70726f746f636f6c0177"),
    ])
    func `a pseudo-field is written`(_ pseudo: PseudoField, _ value: String, _ hex: String) {
        #expect(written { HPACKWriter.write(pseudo, ByteBuffer(string: value), into: &$0) } == hex)
    }

    @Test func `a field of the static table is written by its index`() throws {
        #expect(written(.accept, "b") == "0f040162")
        #expect(written(FieldName(.acceptEncoding), "gzip, deflate") == "90")
        #expect(written(FieldName(.acceptEncoding), "gzip") == "0f0104677a6970")
        #expect(written(FieldName(.userAgent), "") == "ba")
        #expect(written(try #require(FieldName("vary")), "b") == "0f2c0162")
        #expect(written(try #require(FieldName("Access-Control-Allow-Origin")), "*") == "0f05012a")
    }

    @Test func `another field is written with its name in lower case`() throws {
        #expect(written(try #require(FieldName("X-a")), "B") == "0003782d610142")
        #expect(written(.grpcStatus, "0") == "000b677270632d7374617475730130")
        #expect(written(try #require(FieldName("vari")), "") == "00047661726900")
    }

    @Test(arguments: [
        ("authorization", "1f08"), ("proxy-authorization", "1f22"), ("cookie", "1f11"), ("set-cookie", "1f28"),
        ("macaroon", "10086d616361726f6f6e"),
        ("grpc-metadata-macaroon", "1016677270632d6d657461646174612d6d616361726f6f6e"),
    ])
    func `a secret is never to be indexed`(_ name: String, _ start: String) throws {
        let field = try #require(FieldName(name))
        #expect(written(field, "b") == start + "0162")
        #expect(written(field, "") == start + "00")
    }

    @Test func `bytes that would end a line become spaces, and none are left around the value`() {
        #expect(written(.accept, " \tb\rc\nd\u{0}e\u{0}\r\n") == "0f04" + hex([UInt8](hpackString: "b c d e")))
        #expect(written(.accept, "\r\n \t\u{0}") == "93")
    }

    @Test func `a long value has a long length`() {
        let value = String(repeating: "v", count: 300)
        #expect(written(.accept, value) == "0f04" + "7fad01" + String(repeating: "76", count: 300))
    }

    @Test func `lines of a message are written as they came or were added, their names in lower case`() {
        let wire = ByteBuffer(string: "X-Thing: Va lue\r\nAUTHORIZATION: L402\r\n")
        var fields = Fields(
            wire: wire,
            lines: [
                Fields.Line(name: 0..<7, value: 9..<15, known: .other),
                Fields.Line(name: 17..<30, value: 32..<36, known: .authorization),
            ]
        )
        fields.add(FieldName(.location), "/\n")
        var decoder = HPACKDecoder()
        var block = ByteBuffer()
        for index in fields.lines.indices {
            HPACKWriter.write(at: index, of: fields, into: &block)
        }
        let headers = decoder.decode(Array(block.readableBytesView)).headers
        #expect(headers.malformed == nil)
        #expect(headers.texts == ["x-thing: Va lue", "authorization: L402", "location: /"])
    }

    @Test func `a size update is written`() {
        #expect(written { HPACKWriter.writeTableSizeUpdate(0, into: &$0) } == "20")
        #expect(written { HPACKWriter.writeTableSizeUpdate(4_096, into: &$0) } == "3fe11f")
    }

    @Test func `what is written is decoded, whatever the names and values`() throws {
        var random = SeededRandom(seed: 9_113)
        let names = KnownField.allCases.dropFirst().map(\.name) + ["set-cookie", "vary", "x-a", "a~b", "content-range"]
        let dropped: Set = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"]
        var different = 0
        for _ in 0..<300 {
            var (decoder, block) = (HPACKDecoder(), ByteBuffer())
            var lines = [":status: 402"]
            HPACKWriter.writeStatus(402, into: &block)
            for name in names.shuffled(using: &random).prefix(12) where !dropped.contains(name) {
                let count = Int.random(in: 0..<200, using: &random)
                let scalars = (0..<count).map { _ in Unicode.Scalar(UInt8.random(in: 0x21...0xFF, using: &random)) }
                let value = String(String.UnicodeScalarView(scalars.filter { $0.value != 0x7F }))
                HPACKWriter.write(try #require(FieldName(name)), value, into: &block)
                lines.append("\(name): \(value)")
            }
            let headers = decoder.decode(Array(block.readableBytesView)).headers
            different += headers.malformed == nil && headers.texts == lines && decoder.table.count == 0 ? 0 : 1
        }
        #expect(different == 0)
    }
}

struct HPACKStaticTableTests {
    private func text(at index: Int) -> String? {
        HPACKStaticTable.entry(at: index).map { entry in
            HPACKStaticTable.withBytes(of: entry) { bytes in
                String(decoding: bytes.prefix(entry.nameCount), as: UTF8.self) + ": "
                    + String(decoding: bytes.dropFirst(entry.nameCount), as: UTF8.self)
            }
        }
    }

    /// RFC 7541 Appendix A.
    @Test(arguments: [
        (1, ":authority: "), (2, ":method: GET"), (5, ":path: /index.html"), (7, ":scheme: https"), (8, ":status: 200"),
        (14, ":status: 500"), (15, "accept-charset: "), (16, "accept-encoding: gzip, deflate"), (19, "accept: "),
        (23, "authorization: "), (28, "content-length: "), (31, "content-type: "), (32, "cookie: "), (38, "host: "),
        (46, "location: "), (50, "range: "), (55, "set-cookie: "), (58, "user-agent: "), (61, "www-authenticate: "),
    ])
    func `an index stands for its field`(_ index: Int, _ line: String) {
        #expect(text(at: index) == line)
    }

    @Test func `there are indices from 1 to 61`() {
        #expect(text(at: 0) == nil && text(at: -1) == nil && text(at: 62) == nil)
        #expect((1...61).allSatisfy { text(at: $0) != nil })
    }

    @Test func `the regular names are in the order of the alphabet, but for accept`() {
        let names = (15...61).compactMap(text(at:)).map { $0.prefix { $0 != ":" } }
        #expect(Set(names).count == 47)
        #expect(names.filter { $0 != "accept" } == names.filter { $0 != "accept" }.sorted())
    }

    @Test func `each regular name is found again by its name`() {
        let lost = (15...61).filter { index in
            guard let entry = HPACKStaticTable.entry(at: index) else { return true }
            return HPACKStaticTable.withBytes(of: entry) { bytes in
                let name = UnsafeRawBufferPointer(rebasing: bytes.prefix(entry.nameCount))
                let known = KnownField(name: name)
                let found =
                    known == .other ? HPACKStaticTable.index(ofOther: name) : HPACKStaticTable.index(of: known)
                return found != index
            }
        }
        #expect(lost == [])
    }

    @Test func `names that are not in the table have no index`() {
        let others = ["", "a", "vari", ":path", "x-forwarded-protocol-of-a-length-that-no-name-has"]
        #expect(
            others.allSatisfy { name in
                Array(name.utf8).withUnsafeBytes { HPACKStaticTable.index(ofOther: $0) } == 0
            }
        )
        #expect(HPACKStaticTable.index(of: .other) == 0)
        #expect(HPACKStaticTable.index(of: .grpcStatus) == 0)
    }
}
