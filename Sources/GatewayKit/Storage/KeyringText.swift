/// A keyring as text: lines of a generation, which is a number from 1 on, and its key. Empty lines and those that begin with
/// `#` say nothing.
package enum KeyringText {
    /// The keys by the numbers of their generations.
    ///
    /// - Parameters:
    ///   - text: the lines.
    ///   - largest: the largest number of a generation.
    ///   - expected: what a key should be, for messages: `64 hexadecimal digits`.
    ///   - read: the key that a word is; `nil` when it is none.
    package static func keys<Key>(
        in text: String,
        upTo largest: UInt32 = .max,
        expected: String,
        read: (Substring) -> Key?
    ) throws(MalformedKeyring) -> [UInt32: Key] {
        var keys: [UInt32: Key] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count == 2, let number = UInt32(first), (1...largest).contains(number), let key = read(words[1])
            else {
                throw MalformedKeyring("line \(index + 1) should be a generation and \(expected)")
            }
            guard keys.updateValue(key, forKey: number) == nil else {
                throw MalformedKeyring("line \(index + 1) repeats generation \(number)")
            }
        }
        guard !keys.isEmpty else { throw MalformedKeyring("it holds no key") }
        return keys
    }
}
