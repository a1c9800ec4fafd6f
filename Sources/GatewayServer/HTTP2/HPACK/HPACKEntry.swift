/// An entry of HPACK's static or dynamic table: where its bytes are, and what was found out about them.
package struct HPACKEntry: Sendable {
    /// What an entry, or a field of a list, counts besides its bytes (RFC 7541 §4.1, RFC 9113 §6.5.2).
    package static let overhead = 32

    /// Where the name begins in the table's bytes. The value follows it.
    let start: Int
    package let nameCount: Int
    package let valueCount: Int
    package let name: HeaderName
    /// What is wrong with the line, wherever it stands.
    package let fault: HeaderFault?

    /// The length of name and value together.
    var byteCount: Int { nameCount + valueCount }
    /// RFC 7541 §4.1.
    var size: Int { byteCount + Self.overhead }
}
