import GatewayKit
import GatewayServer
import Testing

struct HPACKDecoderTests {
    @Test(arguments: HPACKVector.all)
    func `the examples of RFC 7541 are decoded, and leave the table as they should`(_ vector: HPACKVector) {
        var decoder = HPACKDecoder(tableCapacity: vector.capacity)
        for block in vector.blocks {
            let (headers, fault) = decoder.decode(block.bytes)
            #expect(fault == nil)
            #expect(headers.fault == nil)
            #expect(headers.texts == block.lines)
            #expect(decoder.table.texts == block.table)
            #expect(decoder.table.size == block.size)
        }
    }

    /// RFC 7541 C.1, and the largest and smallest of a length.
    @Test(arguments: [
        ("0a", 5, 10), ("ea", 5, 10), ("1f9a0a", 5, 1337), ("2a", 8, 42), ("1e", 5, 30), ("1f00", 5, 31),
        ("1f7f", 5, 158), ("1f8001", 5, 159), ("1f8080808000", 5, 31), ("7fff00", 7, 254), ("1fe1ffff7f", 5, 1 << 28),
    ])
    func `an integer is read`(_ hex: String, _ prefixBits: Int, _ value: Int) throws {
        let bytes = [UInt8](hexDigits: hex)
        let (read, next) = try bytes.withUnsafeBytes { bytes in
            var reader = HPACKReader(bytes)
            return (try reader.readInteger(prefixBits: prefixBits), reader.next)
        }
        #expect(read == value)
        #expect(next == nil)
    }

    @Test(arguments: [
        ("1fe2ffff7f", HPACKFault.integerTooLarge), ("1f808080808000", .integerTooLarge),
        ("1fffffffff7f", .integerTooLarge), ("1fffffffffffffffffff7f", .integerTooLarge),
        ("", .truncated), ("1f", .truncated), ("1f80", .truncated), ("1f80808080", .truncated),
    ])
    func `an integer that is too large or not whole is refused`(_ hex: String, _ fault: HPACKFault) {
        let bytes = [UInt8](hexDigits: hex)
        #expect(throws: fault) {
            try bytes.withUnsafeBytes { bytes in
                var reader = HPACKReader(bytes)
                return try reader.readInteger(prefixBits: 5)
            }
        }
    }

    @Test(arguments: [
        ("80", HPACKFault.unknownIndex), ("be", .unknownIndex), ("7e00", .unknownIndex), ("0f2f00", .unknownIndex),
        ("ff8080808001", .integerTooLarge), ("ff", .truncated), ("40", .truncated), ("4001", .truncated),
        ("400161", .truncated), ("40016105", .truncated), ("40016101", .truncated), ("04", .truncated),
        // A string of 2^28 bytes that is not there.
        ("007f81ffff7f", .truncated),
        // Huffman code: 8 bits of padding, padding of zeros, the end of string.
        ("0081ff", .malformedHuffmanCode), ("00811800", .malformedHuffmanCode),
        ("0084ffffffff", .malformedHuffmanCode),
        ("00016184fffffffc", .malformedHuffmanCode),
    ])
    func `a block that cannot be decoded is refused`(_ hex: String, _ fault: HPACKFault) {
        var decoder = HPACKDecoder()
        #expect(decoder.decode([UInt8](hexDigits: hex)).fault == fault)
    }

    @Test func `an empty block has no lines`() {
        var decoder = HPACKDecoder()
        let (headers, fault) = decoder.decode([])
        #expect(fault == nil)
        #expect(headers.texts == [])
    }

    @Test func `a name may come from the entry that its own line evicts`() {
        // RFC 7541 §4.4.
        var decoder = HPACKDecoder(tableCapacity: 64)
        let first = decoder.decode([UInt8].literal("a-name", "one", isRemembered: true))
        let second = decoder.decode([0x40 | 62] + [UInt8](hpackString: "a longer value"))
        #expect(first.fault == nil && second.fault == nil)
        #expect(second.headers.texts == ["a-name: a longer value"])
        #expect(decoder.table.texts == ["a-name: a longer value"])
        #expect(decoder.table.size == 52)
    }

    @Test func `lines of one name stay apart`() {
        var decoder = HPACKDecoder()
        let block = [UInt8].literal("cookie", "a=1") + [UInt8].literal("cookie", "b=2")
        #expect(decoder.decode(block).headers.texts == ["cookie: a=1", "cookie: b=2"])
    }

    @Test func `a known field is known whichever way it came`() {
        var decoder = HPACKDecoder()
        let plain = [UInt8].literal("user-agent", "a", isRemembered: true)
        let huffman = [UInt8].literal("user-agent", "b", isHuffman: true)
        let block = plain + huffman + [UInt8].indexed(62) + [0x0F, 43, 1, 0x63]
        let (headers, fault) = decoder.decode(block)
        #expect(fault == nil)
        #expect(headers.lines.map(\.known) == [.userAgent, .userAgent, .userAgent, .userAgent])
        #expect(headers.texts == ["user-agent: a", "user-agent: b", "user-agent: a", "user-agent: c"])
    }
}

struct HPACKTableSizeTests {
    private let two = [UInt8].literal("a", "1", isRemembered: true) + [UInt8].literal("b", "2", isRemembered: true)

    @Test func `a size update evicts what has no room`() {
        var decoder = HPACKDecoder(tableCapacity: 100)
        #expect(decoder.decode(two).fault == nil)
        #expect(decoder.decode([UInt8].tableSize(67)).fault == nil)
        #expect(decoder.table.texts == ["b: 2"])
        #expect(decoder.table.capacity == 67)
    }

    @Test func `a table may be emptied and be as large as before at once`() {
        var decoder = HPACKDecoder(tableCapacity: 100)
        #expect(decoder.decode(two).fault == nil)
        #expect(decoder.decode([UInt8].tableSize(0) + [UInt8].tableSize(100) + two).fault == nil)
        #expect(decoder.table.texts == ["b: 2", "a: 1"])
        #expect(decoder.table.size == 68)
    }

    @Test func `a table of no size remembers nothing`() {
        var decoder = HPACKDecoder(tableCapacity: 0)
        let (headers, fault) = decoder.decode(two)
        #expect(fault == nil)
        #expect(headers.texts == ["a: 1", "b: 2"])
        #expect(decoder.table.count == 0)
    }

    @Test func `a table may not be larger than was announced`() {
        var decoder = HPACKDecoder(tableCapacity: 100)
        #expect(decoder.decode([UInt8].tableSize(101)).fault == .sizeUpdateTooLarge)
    }

    @Test func `a size update after a field is refused`() {
        var decoder = HPACKDecoder(tableCapacity: 100)
        #expect(decoder.decode([0x82] + [UInt8].tableSize(10)).fault == .lateSizeUpdate)
        #expect(decoder.decode([UInt8].literal("a", "b") + [UInt8].tableSize(10)).fault == .lateSizeUpdate)
    }

    @Test func `an entry as large as the table is kept alone, and one larger empties it`() {
        var decoder = HPACKDecoder(tableCapacity: 100)
        let fits = String(repeating: "v", count: 67)
        #expect(decoder.decode(two + [UInt8].literal("c", fits, isRemembered: true)).fault == nil)
        #expect(decoder.table.texts == ["c: \(fits)"])
        let (headers, fault) = decoder.decode([UInt8].literal("c", fits + "v", isRemembered: true))
        #expect(fault == nil)
        #expect(headers.texts == ["c: \(fits)v"])
        #expect(decoder.table.count == 0)
        #expect(decoder.table.size == 0)
    }
}
