#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a node answered to a question over HTTP, whole.
package struct NodeAnswer: Hashable, Sendable {
    package let status: UInt
    package let bytes: [UInt8]

    package init(status: UInt, bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
    }

    var isSuccess: Bool { (200..<300).contains(status) }

    /// The message that its JSON holds; `nil` where it is none of this kind.
    ///
    /// - Parameter isSnakeCase: how the node spells names of more than one word.
    func message<Message: Decodable>(_ type: Message.Type, isSnakeCase: Bool) -> Message? {
        let decoder = JSONDecoder()
        if isSnakeCase { decoder.keyDecodingStrategy = .convertFromSnakeCase }
        return try? decoder.decode(type, from: Data(bytes))
    }

    /// The beginning of a text, for the operator.
    var text: String { LndRESTWallet.printable(String(decoding: bytes.prefix(1_024), as: UTF8.self)) }
}
