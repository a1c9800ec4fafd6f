/// Where a member of an object stands in a JSON text.
package struct JSONSpan: Sendable {
    /// Of its object: 0 for the outermost.
    package let depth: Int
    package let name: String
    /// From the quotation mark of its name to the end of its value.
    package let member: Range<Int>
    package let value: Range<Int>

    /// True when the other one stands somewhere in its value.
    package func holds(_ other: JSONSpan) -> Bool { value.contains(other.member.lowerBound) }
}
