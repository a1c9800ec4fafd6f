internal import GatewayKit

extension Fields {
    /// Calls `body` with each element of the comma-separated list at `index`, without the white space around it; empty
    /// elements are passed over (RFC 9110 §5.6.1). The bytes are valid inside `body` only.
    func forEachElement(at index: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        withValue(at: index) { value in
            var start = 0
            while start < value.count {
                var end = start
                while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
                let next = end + 1
                while start < end, value[start] == 0x20 || value[start] == 0x09 { start += 1 }
                while end > start, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
                if start < end { body(UnsafeRawBufferPointer(rebasing: value[start..<end])) }
                start = next
            }
        }
    }

    /// True when one of the lists of this name has the element, in any case of letters.
    func lists(_ element: StaticString, in known: KnownField) -> Bool {
        var isFound = false
        for index in lines.indices where lines[index].known == known {
            forEachElement(at: index) { isFound = isFound || $0.equals(element) }
        }
        return isFound
    }
}

extension UnsafeRawBufferPointer {
    func begins(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// - Parameter lowercase: in lower case; the letters of these bytes may be in any.
    func equals(_ lowercase: StaticString) -> Bool {
        guard count == lowercase.utf8CodeUnitCount else { return false }
        for index in 0..<count where ASCII.lowercased(self[index]) != lowercase.utf8Start[index] {
            return false
        }
        return true
    }
}
