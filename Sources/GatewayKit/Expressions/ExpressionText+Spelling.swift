extension ExpressionText {
    /// True when some reader takes the two for the same name: without regard to the case of letters.
    func isSpelling(of other: ExpressionText) -> Bool {
        let (isEqual, isPlain) = withBytes { bytes in
            other.withBytes { others in
                (Self.areEqualIgnoringCase(bytes, others), Self.isASCII(bytes) && Self.isASCII(others))
            }
        }
        // Outside of ASCII there are letters whose other case is inside.
        return isEqual || !isPlain && CallText.folded(string) == CallText.folded(other.string)
    }

    private static func areEqualIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ others: UnsafeRawBufferPointer) -> Bool
    {
        guard bytes.count == others.count else { return false }
        for index in 0..<bytes.count where ASCII.lowercased(bytes[index]) != ASCII.lowercased(others[index]) {
            return false
        }
        return true
    }

    private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes where byte >= 0x80 {
            return false
        }
        return true
    }

    /// What stands between commas, without the spaces around it, from an offset on; `nil` behind the last.
    func commaElement(from start: Int) -> (range: Range<Int>, next: Int)? {
        withBytes { bytes in
            guard start <= bytes.count else { return nil }
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: ",") { end += 1 }
            var range = start..<end
            while let first = range.first, bytes[first] == 0x20 { range = first + 1..<end }
            while let last = range.last, bytes[last] == 0x20 { range = range.lowerBound..<last }
            return (range, end + 1)
        }
    }

    func isEqual(to other: ExpressionText, at range: Range<Int>) -> Bool {
        withBytes { bytes in
            other.withBytes { Self.areEqual($0, UnsafeRawBufferPointer(rebasing: bytes[range])) }
        }
    }
}
