package import NIOCore

/// Strings in HPACK's Huffman code (RFC 7541 §5.2).
package enum Huffman {
    /// Appends what `bytes` stand for to `buffer`, as far as it is no longer than `limit`.
    ///
    /// - Returns: how many bytes they stand for, those beyond `limit` too; `nil` when the code is not valid: padding of
    ///   more than 7 bits, padding that does not begin the code of the end of string, or that code itself.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer,
        into buffer: inout ByteBuffer,
        atMost limit: Int
    ) -> Int? {
        // The shortest codes have 5 bits.
        let room = min(limit, bytes.count * 8 / 5)
        var length: Int?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
            length = decode(bytes, into: UnsafeMutableRawBufferPointer(rebasing: output[..<room]))
            return min(length ?? 0, room)
        }
        return length
    }

    /// Appends the code of `bytes` to `buffer`.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
        var pending: UInt64 = 0
        var count = 0
        for byte in bytes {
            let code = HuffmanCode.all[Int(byte)]
            pending = pending << UInt64(code.length) | UInt64(code.bits)
            count += code.length
            while count >= 8 {
                count -= 8
                buffer.writeInteger(UInt8(truncatingIfNeeded: pending >> UInt64(count)))
            }
        }
        if count > 0 {
            buffer.writeInteger(UInt8(truncatingIfNeeded: pending << UInt64(8 - count)) | 0xFF >> UInt8(count))
        }
    }

    // MARK: Four bits at a time

    /// The byte that a step ends, if it `emits` one. No code is shorter than a step, so there is one at most.
    private static let symbol: UInt32 = 0xFF
    private static let emits: UInt32 = 0x100
    /// The bits were those of the end of string.
    private static let fails: UInt32 = 0x200
    /// A string may end here: the bits since the last symbol are fewer than 8, and all are ones.
    private static let mayEnd: UInt32 = 0x400

    /// What 4 bits do in each state: the flags above, and the next state from bit 16 on.
    ///
    /// A state is an inner node of the code's tree, of which there are 256, as there are 257 symbols; 0 is the root.
    private static let steps: [UInt32] = {
        let (children, endings) = makeTree()
        var steps = [UInt32]()
        steps.reserveCapacity(256 * 16)
        for state in 0..<256 {
            for bits in 0..<16 {
                var step: UInt32 = 0
                var node = state
                for place in [3, 2, 1, 0] {
                    node = children[2 * node + bits >> place & 1]
                    guard node < 0 else { continue }
                    step |= ~node == HuffmanCode.endOfString ? fails : emits | UInt32(truncatingIfNeeded: ~node)
                    node = 0
                }
                steps.append(step | UInt32(truncatingIfNeeded: node) << 16 | (endings.contains(node) ? mayEnd : 0))
            }
        }
        return steps
    }()

    /// The two children of each inner node, a symbol as its complement, and the nodes at which a string may end.
    private static func makeTree() -> (children: [Int], endings: Set<Int>) {
        var children = [Int](repeating: 0, count: 2 * 256)
        var count = 1
        for (symbol, code) in HuffmanCode.all.enumerated() {
            var node = 0
            for place in (1..<code.length).reversed() {
                let child = 2 * node + Int(code.bits >> UInt32(place) & 1)
                if children[child] == 0 {
                    children[child] = count
                    count += 1
                }
                node = children[child]
            }
            children[2 * node + Int(code.bits & 1)] = ~symbol
        }
        var endings: Set = [0]
        var node = 0
        for _ in 1...7 {
            node = children[2 * node + 1]
            endings.insert(node)
        }
        return (children, endings)
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        steps.withUnsafeBufferPointer { steps in
            var step = mayEnd
            var seen: UInt32 = 0
            var length = 0
            for byte in bytes {
                // The state in front of the 4 bits is the index; bits 12...15 of a step are 0.
                step = steps[Int(step >> 12 | UInt32(byte >> 4))]
                seen |= step
                if length < output.count {
                    output[length] = UInt8(truncatingIfNeeded: step & symbol)
                }
                length += step & emits == 0 ? 0 : 1
                step = steps[Int(step >> 12 | UInt32(byte & 0x0F))]
                seen |= step
                if length < output.count {
                    output[length] = UInt8(truncatingIfNeeded: step & symbol)
                }
                length += step & emits == 0 ? 0 : 1
            }
            return seen & fails == 0 && step & mayEnd != 0 ? length : nil
        }
    }
}
