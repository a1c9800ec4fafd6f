internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a node is sent over HTTP.
enum NodeBody: Sendable {
    case json(String)
    /// `application/x-www-form-urlencoded` (WHATWG URL, "application/x-www-form-urlencoded serializing").
    case form([(name: String, value: String)])

    /// - Parameter isSnakeCase: how the node spells names of more than one word.
    static func message(_ message: some Encodable, isSnakeCase: Bool) throws -> NodeBody {
        let encoder = JSONEncoder()
        if isSnakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return .json(String(decoding: try encoder.encode(message), as: UTF8.self))
    }

    var contentType: String {
        switch self {
        case .json: "application/json"
        case .form: "application/x-www-form-urlencoded"
        }
    }

    var text: String {
        switch self {
        case .json(let text): text
        case .form(let fields):
            fields.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
        }
    }

    /// Everything but letters, digits and `-._` by its bytes: what any reader of forms and of queries takes for the same.
    static func encoded(_ text: String) -> String {
        var bytes = [UInt8]()
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes += Hex.encoded([byte]).uppercased().utf8
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
