/// Why a message of HTTP/2 is malformed by its header lines alone (RFC 9113 §8.2, §8.3). It ends the stream.
package enum HeaderFault: String, Hashable, Sendable {
    case emptyName = "a header field has no name"
    case upperCaseName = "a header name has an upper-case letter"
    case malformedName = "a header name has a character that a name may not have"
    case controlCharacter = "a header value has a control character"
    case surroundingSpace = "a header value begins or ends with white space"
    case connectionSpecific = "a header field is one of those that concern an HTTP/1 connection"
    case transferCoding = "a te field has another value than trailers"
    case unknownPseudoField = "a pseudo-field is not one that HTTP/2 has"
    case repeatedPseudoField = "a pseudo-field is there twice"
    case latePseudoField = "a pseudo-field comes after a header field"

    package var detail: String { rawValue }
}
