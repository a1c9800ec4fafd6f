import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// Nothing that a peer sends may trap, nor put the table out of step with itself.
struct HPACKFuzzTests {
    /// Each bit of a byte, some together, and all of them.
    private static let changes: [UInt8] = [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x0F, 0x3F, 0x7F, 0xC0, 0xFF]

    /// What decoding `block` makes of a decoder that has decoded the blocks before it.
    private func isSound(_ block: [UInt8], after decoder: HPACKDecoder, size: Int = 400) -> Bool {
        var decoder = decoder
        var headers = HeaderBlock(limits: MessageLimits(head: ByteCount(size), fields: 4))
        let fault = decoder.decode(block, into: &headers)
        let isListSound = headers.lines.count <= 4 && headers.bytes.readableBytes <= size && headers.texts.count <= 10
        let isTableSound =
            decoder.table.size <= decoder.table.capacity
            && decoder.table.size == decoder.table.countedSize && !decoder.table.texts.contains("none")
        return isListSound && isTableSound && (fault == nil || fault?.detail.isEmpty == false)
    }

    /// The blocks of a vector, each with the decoder in front of it.
    private func steps(of vector: HPACKVector) -> [(decoder: HPACKDecoder, block: [UInt8])] {
        var decoder = HPACKDecoder(tableCapacity: vector.capacity)
        return vector.blocks.map { block in
            defer { _ = decoder.decode(block.bytes) }
            return (decoder, block.bytes)
        }
    }

    @Test(arguments: HPACKVector.all)
    func `a prefix of a block is decoded or refused`(_ vector: HPACKVector) {
        for (decoder, block) in steps(of: vector) {
            let unsound = block.indices.filter { !isSound(Array(block[..<$0]), after: decoder) }
            #expect(unsound == [])
        }
    }

    @Test(arguments: HPACKVector.all)
    func `a block with a changed byte is decoded or refused`(_ vector: HPACKVector) {
        for (decoder, block) in steps(of: vector) {
            let unsound = block.indices.filter { index in
                Self.changes.contains { change in
                    var changed = block
                    changed[index] ^= change
                    return !isSound(changed, after: decoder)
                }
            }
            #expect(unsound == [])
        }
    }

    @Test(arguments: HPACKVector.all)
    func `a block with a byte left out or put in is decoded or refused`(_ vector: HPACKVector) {
        for (decoder, block) in steps(of: vector) {
            let unsound = block.indices.filter { index in
                var shorter = block
                let byte = shorter.remove(at: index)
                var longer = block
                longer.insert(byte, at: index)
                return !isSound(shorter, after: decoder) || !isSound(longer, after: decoder)
            }
            #expect(unsound == [])
        }
    }

    @Test func `random bytes are decoded or refused`() {
        var random = SeededRandom(seed: 1)
        var unsound = 0
        for round in 0..<3_000 {
            var decoder = HPACKDecoder(tableCapacity: [0, 64, 256, 4096][round % 4])
            for _ in 0..<3 {
                let count = Int.random(in: 0..<80, using: &random)
                // Small bytes are lengths and letters of fields, and so get further.
                let most: UInt8 = round % 3 == 0 ? 0xFF : 0x48
                let block = (0..<count).map { _ in UInt8.random(in: 0...most, using: &random) }
                unsound += isSound(block, after: decoder, size: 100 + round) ? 0 : 1
                if decoder.decode(block).fault != nil { break }
            }
        }
        #expect(unsound == 0)
    }

    @Test(arguments: 0..<10)
    func `a random encoder's blocks are decoded, and the table is the encoder's`(_ seed: Int) {
        var encoder = RandomEncoder(seed: UInt64(seed), capacity: [0, 70, 300, 1_000, 4_096][seed % 5])
        var decoder = HPACKDecoder(tableCapacity: encoder.capacity)
        var headers = HeaderBlock(limits: MessageLimits(head: .mebibytes(1), fields: 128))
        for _ in 0..<100 {
            let (block, lines) = encoder.nextBlock()
            headers.reset(reusing: headers.lines)
            let fault = decoder.decode(block, into: &headers)
            let isRight = fault == nil && headers.malformed == nil && headers.texts == lines
            #expect(isRight && decoder.table.texts == encoder.table && decoder.table.size == encoder.size)
        }
    }
}

/// An encoder that uses all that HPACK has, at random; its table is the plainest one.
private struct RandomEncoder {
    let capacity: Int
    /// `name: value`, newest first.
    private(set) var table: [String] = []
    private var current: Int
    private var random: SeededRandom

    init(seed: UInt64, capacity: Int) {
        self.capacity = capacity
        current = capacity
        random = SeededRandom(seed: seed)
    }

    /// The separator stands for 2 of an entry's 32.
    var size: Int { table.reduce(0) { $0 + $1.utf8.count + 30 } }

    mutating func nextBlock() -> (block: [UInt8], lines: [String]) {
        var (block, lines) = ([UInt8](), [String]())
        while chance(of: 10) {
            current = Int.random(in: 0...capacity, using: &random)
            block += [UInt8].tableSize(current)
            evict()
        }
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            if let place = table.indices.randomElement(using: &random), chance(of: 3) {
                block += [UInt8].indexed(62 + place)
                lines.append(table[place])
                continue
            }
            let value = word(upTo: chance(of: 10) ? 500 : 30)
            let isRemembered = chance(of: 2)
            let named: (name: String, index: Int)
            if let place = table.indices.randomElement(using: &random), chance(of: 3) {
                named = (String(table[place].prefix { $0 != ":" }), 62 + place)
            } else {
                named = chance(of: 3) ? ("user-agent", 58) : (word(upTo: 20) + "x", 0)
            }
            block += [UInt8](
                hpackInteger: named.index,
                prefixBits: isRemembered ? 6 : 4,
                pattern: isRemembered ? 0x40 : chance(of: 2) ? 0x10 : 0
            )
            if named.index == 0 {
                block += [UInt8](hpackString: named.name, isHuffman: chance(of: 2))
            }
            block += [UInt8](hpackString: value, isHuffman: chance(of: 2))
            lines.append("\(named.name): \(value)")
            if isRemembered {
                table.insert("\(named.name): \(value)", at: 0)
                evict()
            }
        }
        return (block, lines)
    }

    private mutating func evict() {
        while size > current {
            table.removeLast()
        }
    }

    private mutating func chance(of count: Int) -> Bool {
        Int.random(in: 0..<count, using: &random) == 0
    }

    private mutating func word(upTo length: Int) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-_~")
        let count = Int.random(in: 0...length, using: &random)
        return String((0..<count).map { _ in letters[Int.random(in: letters.indices, using: &random)] })
    }
}
