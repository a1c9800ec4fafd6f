package import GatewayKit
internal import HTTPTypes

/// `method=GET,HEAD`: the credential opens requests with these methods, which are written in upper case.
package struct MethodCaveat: CaveatVerifier, Plugin {
    package static let word = "method"

    package let condition = "method"

    package init() {}

    package init(from settings: inout PolicyReader, _ services: Services) throws {}

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        guard Self.isValid(caveat.value) else { return false }
        return CommaList(caveat.value).contains { $0.elementsEqual(exchange.request.method.rawValue.utf8) }
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard Self.isValid(earlier.value), Self.isValid(later.value) else { return false }
        return CommaList(later.value).allSatisfy { method in
            CommaList(earlier.value).contains { $0.elementsEqual(method) }
        }
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard case .text(let value) = sold.value, Self.isValid(value) else {
            return .unfulfillable("is no list of methods such as GET,HEAD")
        }
        return .enforced
    }

    /// Methods are tokens (RFC 9110 §9.1). They are case-sensitive; one with small letters is a mistake of its writer.
    private static func isValid(_ value: String) -> Bool {
        var count = 0
        for method in CommaList(value) {
            count += 1
            guard count <= CommaList.most, !method.isEmpty else { return false }
            guard method.allSatisfy({ ASCII.isTokenByte($0) && !(0x61...0x7A).contains($0) }) else { return false }
        }
        return true
    }
}
