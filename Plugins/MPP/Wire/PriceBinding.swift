internal import Crypto
package import GatewayKit
internal import NIOCore

/// What of a request a price was made of, beside its path, its query and its body: the values of fields, and that it has no
/// body.
///
/// Stands in the scope of what is sold, so that what was bought for one request pays for no dearer one.
package struct PriceBinding: Sendable, Hashable {
    /// In the order in which their values are hashed.
    package let fields: [FieldName]
    /// With a body it would be another request.
    package let isForNoBody: Bool

    package init(fields: [FieldName] = [], isForNoBody: Bool = false) {
        self.fields = fields
        self.isForNoBody = isForNoBody
    }

    /// Of a request that is asked to pay.
    package init(of exchange: Exchange) {
        self.init(
            fields: exchange.pricedFields,
            isForNoBody: exchange.isPricedByBody && exchange.request.body == .none
        )
    }

    /// As a scope names it that this gateway has made; nothing where it names none.
    package init(in opaque: String) {
        let bytes = Base64.url.decoded(opaque) ?? []
        let scope = bytes.withUnsafeBytes { try? JSONReader.read($0) }
        let names = scope?["f"]?.text?.split(separator: ",") ?? []
        self.init(fields: names.compactMap { FieldName(String($0)) }, isForNoBody: scope?["e"]?.text != nil)
    }

    /// Members of a scope, for the values that the request has.
    func members(of request: RequestHead) -> [(String, String?)] {
        var members: [(String, String?)] = [("e", isForNoBody && request.body == .none ? "1" : nil)]
        if !fields.isEmpty {
            members.append(("f", fields.map(\.text).joined(separator: ",")))
            members.append(("h", digest(of: request)))
        }
        return members
    }

    private func digest(of request: RequestHead) -> String {
        var hash = SHA256()
        for field in fields {
            var values = request.fields.indices(of: field).map { request.fields.valueBytes(at: $0) }
            if field == .host { values = [request.authorityBytes] }
            if field == .contentLength { values = [ByteBuffer(string: Self.text(of: request.body))] }
            Self.add(UInt64(values.count), to: &hash)
            for value in values {
                Self.add(UInt64(value.readableBytes), to: &hash)
                value.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
            }
        }
        return Base64.url.encoded(Array(hash.finalize()))
    }

    private static func text(of body: RequestHead.Body) -> String {
        switch body {
        case .none: "0"
        case .length(let length): String(length)
        case .unknownLength: "unknown"
        }
    }

    /// Before what it counts, so that no value runs into the next.
    private static func add(_ count: UInt64, to hash: inout SHA256) {
        withUnsafeBytes(of: count.littleEndian) { hash.update(bufferPointer: $0) }
    }
}
