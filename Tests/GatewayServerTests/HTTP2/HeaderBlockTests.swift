import GatewayKit
import GatewayServer
import NIOCore
import Testing

struct HeaderBlockTests {
    /// Lines that are wrong alone, wherever they stand.
    static let malformedLines: [(name: String, value: String, fault: HeaderFault)] = [
        ("", "a", .emptyName), ("", "", .emptyName),
        ("X-a", "b", .upperCaseName), ("accepT", "b", .upperCaseName), ("Connection", "close", .upperCaseName),
        ("a b", "c", .malformedName), ("a:b", "c", .malformedName), ("a\u{0}", "c", .malformedName),
        ("a\r\nb", "c", .malformedName), (" a", "c", .malformedName), ("a\u{7F}", "c", .malformedName),
        ("é", "c", .malformedName), ("a\"", "c", .malformedName),
        ("a", "b\u{0}c", .controlCharacter), ("a", "b\rc", .controlCharacter), ("a", "b\nc", .controlCharacter),
        ("a", "\n", .controlCharacter), ("a", "b\u{7F}", .controlCharacter), ("a", "\u{1B}b", .controlCharacter),
        (":path", "/\r\n", .controlCharacter), ("cookie", "a=\u{1}", .controlCharacter),
        ("a", " b", .surroundingSpace), ("a", "b ", .surroundingSpace), ("a", "\tb", .surroundingSpace),
        ("a", "b\t", .surroundingSpace), ("a", " ", .surroundingSpace), (":path", " /", .surroundingSpace),
        ("connection", "close", .connectionSpecific), ("keep-alive", "timeout=5", .connectionSpecific),
        ("proxy-connection", "keep-alive", .connectionSpecific),
        ("transfer-encoding", "chunked", .connectionSpecific), ("upgrade", "h2c", .connectionSpecific),
        ("te", "gzip", .transferCoding), ("te", "", .transferCoding), ("te", "trailers, gzip", .transferCoding),
        (":", "a", .unknownPseudoField), (":a", "b", .unknownPseudoField), (":Method", "GET", .unknownPseudoField),
        (":paths", "/", .unknownPseudoField), (":queue", "/", .unknownPseudoField),
        (":methot", "/", .unknownPseudoField), (":sxxxxx", "/", .unknownPseudoField),
        (":reserved", "/", .unknownPseudoField), (":authoritY", "/", .unknownPseudoField),
    ]

    @Test(arguments: malformedLines)
    func `a malformed line is found`(_ name: String, _ value: String, _ fault: HeaderFault) {
        var decoder = HPACKDecoder()
        let (headers, decodingFault) = decoder.decode(
            [UInt8].literal("x", "y") + [UInt8].literal(name, value) + [UInt8].literal("Z", "z")
        )
        #expect(decodingFault == nil)
        // A pseudo-field is late here, which is as wrong.
        #expect(headers.fault == fault || name.hasPrefix(":") && headers.fault == .latePseudoField)
        #expect(headers.malformed == headers.fault?.detail)
        #expect(headers.texts == ["x: y"])
    }

    @Test(arguments: malformedLines)
    func `a malformed line is found in Huffman code, and where the table has it`(
        _ name: String,
        _ value: String,
        _ fault: HeaderFault
    ) {
        var decoder = HPACKDecoder()
        let line = [UInt8].literal(name, value, isRemembered: true, isHuffman: true)
        #expect(decoder.decode(line).headers.fault == fault)
        #expect(decoder.table.texts == ["\(name): \(value)"])
        let (headers, decodingFault) = decoder.decode([UInt8].indexed(62))
        #expect(decodingFault == nil)
        #expect(headers.fault == fault)
        #expect(headers.texts == [])
        // The name of the entry with another value.
        let isOfName = name.isEmpty || decoder.table.entry(at: 1)?.name == .malformed(fault)
        let named = decoder.decode([0x0F, 62 - 15] + [UInt8](hpackString: "trailers")).headers
        #expect(named.fault == (isOfName ? fault : nil))
    }

    @Test(arguments: [
        ("a", ""), ("a", "b c"), ("a", "b\tc"), ("a", "\u{80}é"), ("te", "trailers"), ("te", "Trailers"),
        ("!#$%&'*+-.^_`|~09az", "v"), ("cookie", ""), (":path", ""), (":protocol", "websocket"),
        (":status", "20"), (":authority", "[::1]:80"),
    ])
    func `a line with nothing wrong is kept`(_ name: String, _ value: String) {
        var decoder = HPACKDecoder()
        let headers = decoder.decode([UInt8].literal(name, value)).headers
        #expect(headers.malformed == nil)
        #expect(headers.texts == ["\(name): \(value)"])
    }

    @Test(arguments: PseudoField.allCases)
    func `a pseudo-field may be there once`(_ pseudo: PseudoField) {
        var decoder = HPACKDecoder()
        let line = [UInt8].literal(pseudo.name, "1")
        let headers = decoder.decode(line + line).headers
        #expect(headers.fault == .repeatedPseudoField)
        #expect(headers.texts == ["\(pseudo.name): 1"])
    }

    @Test func `a pseudo-field from the static table may be there once`() {
        var decoder = HPACKDecoder()
        #expect(decoder.decode([0x82, 0x83]).headers.fault == .repeatedPseudoField)
        #expect(decoder.decode([0x82, 0x84, 0x86]).headers.texts == [":method: GET", ":scheme: http", ":path: /"])
    }

    @Test(arguments: PseudoField.allCases)
    func `a pseudo-field may not come after a field`(_ pseudo: PseudoField) {
        var decoder = HPACKDecoder()
        let headers = decoder.decode([UInt8].literal("a", "b") + [UInt8].literal(pseudo.name, "1")).headers
        #expect(headers.fault == .latePseudoField)
    }

    @Test func `only the first fault is told`() {
        var decoder = HPACKDecoder()
        let block = [UInt8].literal("te", "gzip") + [UInt8].literal("A", "b") + [UInt8].literal(":x", "y")
        #expect(decoder.decode(block).headers.malformed == HeaderFault.transferCoding.detail)
    }

    @Test func `after a fault the table is still kept in step`() {
        var decoder = HPACKDecoder()
        let block = [UInt8].literal("A", "b") + [UInt8].literal("c", "d", isRemembered: true)
        #expect(decoder.decode(block).headers.texts == [])
        #expect(decoder.decode([UInt8].indexed(62)).headers.texts == ["c: d"])
    }

    @Test func `a reset block is as a new one`() {
        var decoder = HPACKDecoder()
        var headers = HeaderBlock(limits: MessageLimits(fields: 2))
        let lines = (0..<3).flatMap { [UInt8].literal("a\($0)", "b") }
        #expect(decoder.decode([0x82, 0x84, 0x86, 0x41, 1, 0x61, 0x88] + lines, into: &headers) == nil)
        #expect(headers.isTooLarge)
        headers.reset()
        #expect(headers.texts == [] && !headers.isTooLarge && headers.bytes.readableBytes == 0)
        #expect(decoder.decode([UInt8].literal("A", "b"), into: &headers) == nil)
        headers.reset()
        #expect(headers.fault == nil)
        #expect(decoder.decode([0x82] + [UInt8].literal("a", "b"), into: &headers) == nil)
        #expect(headers.texts == [":method: GET", "a: b"])
    }

    @Test func `fields that were taken stay as they are when the block is used again`() {
        var decoder = HPACKDecoder()
        var headers = HeaderBlock(limits: MessageLimits())
        #expect(decoder.decode([0x82] + [UInt8].literal("accept", "b"), into: &headers) == nil)
        var fields = headers.takeFields()
        let method = headers.method.map { headers.slice($0) }
        headers.reset()
        #expect(decoder.decode([UInt8].literal("c", "dddddddd"), into: &headers) == nil)
        #expect(fields.texts == ["accept: b"])
        #expect(fields[.accept] == "b")
        #expect(method.map { String(buffer: $0) } == "GET")
        headers.reset(reusing: fields.releaseLines())
        #expect(decoder.decode([UInt8].literal("e", "f"), into: &headers) == nil)
        #expect(headers.texts == ["e: f"])
    }
}

struct HeaderBlockLimitTests {
    /// `a: b` counts 34 (RFC 9113 §6.5.2).
    private let line = [UInt8].literal("a", "b")

    private func decode(_ block: [UInt8], size: Int = 1_000, fields: Int = 100) -> HeaderBlock {
        var decoder = HPACKDecoder()
        var headers = HeaderBlock(limits: MessageLimits(head: ByteCount(size), fields: fields))
        #expect(decoder.decode(block, into: &headers) == nil)
        return headers
    }

    @Test func `a list may be as large as the limit and no larger`() {
        let block = line + [0x82] + line  // 34 + 42 + 34
        #expect(decode([0x82] + line + line, size: 110).isTooLarge == false)
        #expect(decode([0x82] + line + line, size: 109).isTooLarge)
        #expect(decode([0x82] + line + line, size: 109).texts == [":method: GET", "a: b"])
        #expect(decode(block, size: 10).malformed == nil)
        #expect(decode([0x82], size: 41).isTooLarge)
        #expect(decode([0x82], size: 42).texts == [":method: GET"])
        #expect(decode([UInt8].literal("", ""), size: 31).isTooLarge)
    }

    @Test func `a line may fill the list, and be no longer`() {
        let value = String(repeating: "v", count: 967)
        for isHuffman in [false, true] {
            let fits = [UInt8].literal("a", value, isHuffman: isHuffman)
            #expect(decode(fits).texts == ["a: \(value)"])
            let tooLong = decode([UInt8].literal("a", value + "v", isHuffman: isHuffman))
            #expect(tooLong.isTooLarge)
            #expect(tooLong.bytes.readableBytes == 0)
        }
    }

    @Test func `there may be as many fields as the limit, besides pseudo-fields, and no more`() {
        #expect(decode([0x82, 0x84] + line + line + line, fields: 3).isTooLarge == false)
        let many = decode([0x82, 0x84] + line + line + line + line, fields: 3)
        #expect(many.isTooLarge)
        #expect(many.lines.count == 3)
    }

    @Test func `what is wrong beyond a limit is not told, and what is too large after a fault is not either`() {
        #expect(decode(line + line + [UInt8].literal("A", "b"), fields: 1).malformed == nil)
        let faulty = decode([UInt8].literal("A", "b") + line + line, fields: 1)
        #expect(faulty.malformed != nil && !faulty.isTooLarge)
        let long = String(repeating: "v", count: 2_000)
        #expect(decode([UInt8].literal("A", "b") + [UInt8].literal("a", long)).isTooLarge == false)
    }

    @Test func `beyond a limit nothing is stored, and the table is kept in step`() {
        var decoder = HPACKDecoder(tableCapacity: 200)
        var headers = HeaderBlock(limits: MessageLimits(head: ByteCount(100)))
        let value = String(repeating: "v", count: 150)
        let block =
            [UInt8].literal("b", "1", isRemembered: true) + [UInt8].literal("long", value, isRemembered: true)
            + [UInt8].literal("c", "2") + [UInt8].indexed(62)
        #expect(decoder.decode(block, into: &headers) == nil)
        #expect(headers.isTooLarge)
        #expect(headers.texts == ["b: 1"])
        #expect(headers.bytes.readableBytes == 2)
        #expect(decoder.table.texts == ["long: \(value)"])
        headers.reset()
        #expect(decoder.decode([UInt8].literal("d", "3", isRemembered: true), into: &headers) == nil)
        #expect(headers.texts == ["d: 3"])
        #expect(decoder.table.texts == ["d: 3"])
    }

    @Test(arguments: [false, true])
    func `a string that neither fits the list nor the table is not written`(_ isHuffman: Bool) {
        var decoder = HPACKDecoder(tableCapacity: 200)
        var headers = HeaderBlock(limits: MessageLimits(head: ByteCount(100)))
        let long = String(repeating: "v", count: 20_000)
        #expect(decoder.decode([UInt8].literal("b", "1", isRemembered: true)).fault == nil)
        for isRemembered in [false, true] {
            let lines = [
                [UInt8].literal("a", long, isRemembered: isRemembered, isHuffman: isHuffman),
                [UInt8].literal(long, "a", isRemembered: isRemembered, isHuffman: isHuffman),
                [UInt8].literal(long, long, isRemembered: isRemembered, isHuffman: isHuffman),
            ]
            for line in lines {
                headers.reset()
                #expect(decoder.decode(line, into: &headers) == nil)
                #expect(headers.isTooLarge)
                #expect(headers.bytes.capacity <= 1_024)
                #expect(decoder.table.count == (isRemembered ? 0 : 1))
            }
        }
    }
}
