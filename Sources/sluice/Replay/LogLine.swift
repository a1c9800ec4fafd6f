internal import GatewayKit

/// A line of an access log in either format, as names and values.
package enum LogLine: Sendable, Hashable {
    case request(LoggedRequest)
    /// So many lines were not written.
    case gap(Int)
    /// Cut off, or nothing that an access log writes; requests that could not be read are among them.
    case unreadable

    package init(_ line: some Collection<UInt8>) {
        let line = Array(line)
        let fields = line.first == UInt8(ascii: "{") ? Self.json(line) : Self.logfmt(line)
        guard let fields else {
            self = .unreadable
            return
        }
        if let request = LoggedRequest(fields) {
            self = .request(request)
        } else if let dropped = fields["dropped"].flatMap({ Int($0) }), dropped >= 0 {
            self = .gap(dropped)
        } else {
            self = .unreadable
        }
    }

    private static func json(_ line: [UInt8]) -> [String: String]? {
        let value = line.withUnsafeBytes { try? JSONReader.read($0) }
        guard case .object(let members)? = value else { return nil }
        var fields = [String: String]()
        for member in members {
            switch member.value {
            case .string(let text): fields[member.name] = text
            case .number(let number): fields[member.name] = Int(exactly: number).map { "\($0)" }
            case .null, .bool, .array, .object: continue
            }
        }
        return fields
    }

    /// `name=value` pairs with a space between them; a value in quotes is a JSON string.
    private static func logfmt(_ line: [UInt8]) -> [String: String]? {
        var fields = [String: String]()
        var index = line.startIndex
        while index < line.endIndex {
            guard let equals = line[index...].firstIndex(of: UInt8(ascii: "=")), equals > index else { return nil }
            let name = String(decoding: line[index..<equals], as: UTF8.self)
            var end = equals + 1
            if end < line.endIndex, line[end] == UInt8(ascii: "\"") {
                guard let close = endOfString(in: line, from: end) else { return nil }
                end = close + 1
                let value = line[equals + 1..<end].withUnsafeBytes { try? JSONReader.read($0) }
                guard let text = value?.text else { return nil }
                fields[name] = text
            } else {
                end = line[end...].firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
                fields[name] = String(decoding: line[equals + 1..<end], as: UTF8.self)
            }
            guard end == line.endIndex || line[end] == UInt8(ascii: " ") else { return nil }
            index = end + 1
        }
        return fields.isEmpty ? nil : fields
    }

    private static func endOfString(in line: [UInt8], from start: Int) -> Int? {
        var index = start + 1
        while index < line.endIndex {
            switch line[index] {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: "\""): return index
            default: index += 1
            }
        }
        return nil
    }
}
