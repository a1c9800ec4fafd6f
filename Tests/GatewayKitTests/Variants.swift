/// What a parser must survive.
enum Variants {
    /// Every prefix of a text, and the text with every bit of every byte flipped.
    static func of(_ text: String) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        var variants = (0...bytes.count).map { Array(bytes.prefix($0)) }
        for index in bytes.indices {
            for mask in [0xFF, 1, 2, 4, 8, 16, 32, 64, 128] as [UInt8] {
                var flipped = bytes
                flipped[index] ^= mask
                variants.append(flipped)
            }
        }
        return variants
    }
}
