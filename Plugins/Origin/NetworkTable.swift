internal import GatewayKit

/// What the networks of a file are called.
///
/// A line is a network, for countries with its name behind a comma: `192.0.2.0/24,DE`. What stands behind `#` is a remark.
struct NetworkTable: Sendable {
    enum Form: Hashable, Sendable {
        /// `192.0.2.0/24,DE`, by the codes of ISO 3166-1. The most specific network decides.
        case countries
        /// `192.0.2.0/24`; all of them are called so.
        case network(String)

        var line: String {
            switch self {
            case .countries: "a network and a country, such as 192.0.2.0/24,DE"
            case .network: "a network, such as 192.0.2.0/24"
            }
        }
    }

    struct Mistake: Hashable {
        /// From 1.
        let line: Int
        let message: String
    }

    private var names: [Network: String] = [:]
    /// Those that occur, the longest first.
    private var prefixes: (v4: [Int], v6: [Int]) = ([], [])

    /// Notes every line that cannot be read.
    init(_ text: String, as form: Form, mistakes: inout [Mistake]) {
        var lines = [Network: Int]()
        let all = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in all.enumerated() {
            let content = line.prefix { $0 != UInt8(ascii: "#") }
            let parts = content.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(Self.trimmed)
            if parts.count == 1, parts[0].isEmpty { continue }
            guard let (network, name) = Self.entry(parts, as: form) else {
                mistakes.append(Mistake(line: index + 1, message: "this line should be \(form.line)"))
                continue
            }
            if let known = names[network], known != name {
                let message = "the network of this line has another name in line \(lines[network] ?? 0)"
                mistakes.append(Mistake(line: index + 1, message: message))
            }
            names[network] = name
            lines[network] = index + 1
        }
        for isV4 in [true, false] {
            let found = Set(names.keys.lazy.filter { $0.address.isV4 == isV4 }.map(\.prefix)).sorted(by: >)
            if isV4 { prefixes.v4 = found } else { prefixes.v6 = found }
        }
    }

    /// The name of the most specific network that the address is in. Looks once for each length of a prefix.
    func name(of address: IPAddress) -> String? {
        for prefix in address.isV4 ? prefixes.v4 : prefixes.v6 {
            if let network = Network(address, prefix: prefix), let name = names[network] { return name }
        }
        return nil
    }

    func hasName(_ name: Substring.UTF8View) -> Bool {
        names.values.contains { $0.utf8.elementsEqual(name) }
    }

    /// Two capital letters.
    static func isCountry(_ text: Substring) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }

    private static func entry(_ parts: [Substring], as form: Form) -> (network: Network, name: String)? {
        guard let network = Network(parsing: parts[0]) else { return nil }
        switch form {
        case .countries:
            guard parts.count == 2, isCountry(parts[1]) else { return nil }
            return (network, String(parts[1]))
        case .network(let name):
            return parts.count == 1 ? (network, name) : nil
        }
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        let start = bytes.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }
        return Substring(end.map { start[...$0] } ?? start.prefix(0))
    }
}
