/// Why a header block cannot be decoded. It ends the connection: both sides' tables are no longer the same
/// (`COMPRESSION_ERROR`, RFC 9113 §4.3).
package enum HPACKFault: String, Error, Hashable, Sendable {
    case truncated = "a header block ends within a field"
    case integerTooLarge = "an integer of a header block is too large"
    case unknownIndex = "a header block refers to an entry that neither table has"
    case malformedHuffmanCode = "a string of a header block is not valid Huffman code"
    case lateSizeUpdate = "a header block changes the table's size after its first field"
    case sizeUpdateTooLarge = "a header block makes the table larger than it may be"

    package var detail: String { rawValue }
}
