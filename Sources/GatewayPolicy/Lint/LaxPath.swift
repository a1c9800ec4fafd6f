internal import GatewayKit

/// A path as the most lenient of services takes it: any encoding decoded, small letters, without parameters, dot segments, doubled
/// slashes and the slash at its end. Two paths that become the same are one resource to some service.
enum LaxPath {
    static func form(of path: String) -> String {
        var segments = [Substring]()
        for segment in decoded(path).lowercased().split(whereSeparator: { $0 == "/" || $0 == "\\" }) {
            let name = segment.prefix { $0 != ";" }
            switch name {
            case "", ".": break
            case "..": _ = segments.popLast()
            default: segments.append(name)
            }
        }
        return "/" + segments.joined(separator: "/")
    }

    private static func decoded(_ path: String) -> String {
        let bytes = Array(path.utf8)
        var decoded = [UInt8]()
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
