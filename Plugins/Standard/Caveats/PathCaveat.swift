package import GatewayKit
internal import NIOCore

/// `path=/v1/quotes` or `path=/v1/quotes/*`: the credential opens this path, or what lies below it.
///
/// Compared byte by byte with the request's normalised path. A value that is not in that form itself matches nothing.
package struct PathCaveat: CaveatVerifier, Plugin {
    package static let word = "path"

    package let condition = "path"

    package init() {}

    package init(from settings: inout PolicyReader, _ services: Services) throws {}

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        guard let pattern = Pattern(caveat.value) else { return false }
        let path = exchange.request.pathBytes.readableBytesView
        return pattern.isPrefix ? path.starts(with: pattern.bytes) : path.elementsEqual(pattern.bytes)
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = Pattern(earlier.value), let later = Pattern(later.value) else { return false }
        if earlier.isPrefix { return later.bytes.starts(with: earlier.bytes) }
        return !later.isPrefix && later.bytes.elementsEqual(earlier.bytes)
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard case .text(let value) = sold.value, Pattern(value) != nil else {
            return .unfulfillable("is no path such as /v1/quotes or /v1/quotes/*")
        }
        return .enforced
    }

    private struct Pattern {
        /// With the slash at the end, without the asterisk, when it is a prefix.
        let bytes: Substring.UTF8View
        let isPrefix: Bool

        init?(_ value: String) {
            let bytes = value[...].utf8
            guard bytes.first == UInt8(ascii: "/") else { return nil }
            isPrefix = bytes.suffix(2).elementsEqual("/*".utf8)
            self.bytes = isPrefix ? bytes.dropLast() : bytes
        }
    }
}
