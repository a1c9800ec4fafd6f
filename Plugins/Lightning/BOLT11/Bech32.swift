internal import GatewayKit

/// Bech32 (BIP 173) without its limit of 90 characters, which BOLT 11 lifts. A word is a number of 5 bits.
package enum Bech32 {
    static let checksumLength = 6
    package static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    /// By character; 255 for what is none of the alphabet.
    private static let wordOfCharacter: [UInt8] = {
        var words = [UInt8](repeating: 255, count: 256)
        for (word, character) in alphabet.enumerated() {
            words[Int(character)] = UInt8(truncatingIfNeeded: word)
        }
        return words
    }()

    /// The prefix in lower case, and the words without their checksum.
    static func decode(_ text: String) throws(Bolt11Error) -> (prefix: String, words: [UInt8]) {
        let bytes = Array(text.utf8)
        let hasUpper = bytes.contains { (0x41...0x5A).contains($0) }
        let hasLower = bytes.contains { (0x61...0x7A).contains($0) }
        guard bytes.allSatisfy({ (33...126).contains($0) }) else { throw .character }
        guard !(hasUpper && hasLower) else { throw .mixedCase }
        guard let separator = bytes.lastIndex(of: UInt8(ascii: "1")), separator > 0 else { throw .separator }
        let prefix = bytes[..<separator].map { ASCII.lowercased($0) }
        let words = bytes[(separator + 1)...].map { wordOfCharacter[Int(ASCII.lowercased($0))] }
        guard words.allSatisfy({ $0 < 32 }) else { throw .character }
        guard words.count >= checksumLength else { throw .tooShort }
        var state = Checksum(prefix: prefix)
        for word in words {
            state.take(word)
        }
        guard state.value == 1 else { throw .checksum }
        return (String(decoding: prefix, as: UTF8.self), Array(words.dropLast(checksumLength)))
    }

    /// - Parameter prefix: in lower case.
    package static func encode(prefix: String, words: [UInt8]) -> String {
        var text = Array(prefix.utf8)
        var state = Checksum(prefix: text)
        text.reserveCapacity(text.count + 1 + words.count + checksumLength)
        text.append(UInt8(ascii: "1"))
        for word in words {
            state.take(word)
            text.append(alphabet[Int(word & 31)])
        }
        for _ in 0..<checksumLength {
            state.take(0)
        }
        let checksum = state.value ^ 1
        for index in 0..<checksumLength {
            text.append(alphabet[Int(checksum >> UInt32(5 * (checksumLength - 1 - index))) & 31])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// BIP 173, "Checksum".
    private struct Checksum {
        private static let generators: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        private(set) var value: UInt32 = 1

        init(prefix: [UInt8]) {
            for byte in prefix {
                take(byte >> 5)
            }
            take(0)
            for byte in prefix {
                take(byte & 31)
            }
        }

        mutating func take(_ word: UInt8) {
            let top = value >> 25
            value = (value & 0x1ff_ffff) << 5 ^ UInt32(word)
            for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 {
                value ^= Self.generators[bit]
            }
        }
    }
}
