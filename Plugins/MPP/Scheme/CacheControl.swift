package import GatewayKit

/// Keeps a response that somebody paid for out of shared caches.
package enum CacheControl {
    /// Adds `private` to what is there, and takes out what contradicts it (RFC 9111 §5.2.2).
    package static func makePrivate(_ response: inout ResponseHead) {
        let values = response.fields.values(of: .cacheControl)
        if values == ["private"] || values == ["no-store"] { return }
        let kept = values.flatMap { directives(of: $0) }.filter { directive in
            let name = directive.prefix { $0 != "=" }.lowercased()
            return name != "public" && name != "s-maxage" && name != "private"
        }
        response.fields.set(.cacheControl, (kept + ["private"]).joined(separator: ", "))
    }

    /// What stands between the commas that no quotes enclose.
    private static func directives(of value: String) -> [Substring] {
        var directives = [Substring]()
        var isQuoted = false
        var start = value.startIndex
        for index in value.utf8.indices {
            switch value.utf8[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                directives.append(value[start..<index])
                start = value.utf8.index(after: index)
            default: break
            }
        }
        directives.append(value[start...])
        return directives.map { directive in
            var directive = directive.drop { $0 == " " || $0 == "\t" }
            while directive.last == " " || directive.last == "\t" { directive.removeLast() }
            return directive
        }.filter { !$0.isEmpty }
    }
}
