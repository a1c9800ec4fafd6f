/// Finds fields by their names.
///
/// All names stand one after the other, the short ones first: most unknown names are told apart without comparing a byte.
struct KnownFieldTable: Sendable {
    private struct Length: Sendable {
        /// Where its names begin.
        var name = 0
        /// Where its fields begin.
        var field = 0
    }

    private let names: [UInt8]
    private let fields: [KnownField]
    /// For each length, and one more.
    private let lengths: [Length]

    init(_ fields: [KnownField]) {
        let fields = fields.sorted { $0.name.utf8.count < $1.name.utf8.count }
        let longest = fields.last?.name.utf8.count ?? 0
        names = fields.flatMap { Array($0.name.utf8) }
        lengths = (0...longest + 1).map { length in
            let shorter = fields.filter { $0.name.utf8.count < length }
            return Length(name: shorter.reduce(0) { $0 + $1.name.utf8.count }, field: shorter.count)
        }
        self.fields = fields
    }

    /// - Parameter name: in any case of letters.
    func field(of name: UnsafeRawBufferPointer) -> KnownField? {
        let count = name.count
        guard count > 0, count + 1 < lengths.count else { return nil }
        let length = lengths[count]
        let end = lengths[count + 1].field
        return names.withUnsafeBufferPointer { names in
            var start = length.name
            for field in length.field..<end {
                var index = 0
                while index < count, ASCII.lowercased(name[index]) == names[start + index] { index += 1 }
                if index == count { return fields[field] }
                start += count
            }
            return nil
        }
    }
}
