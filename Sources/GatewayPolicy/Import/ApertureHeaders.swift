internal import GatewayKit

/// The header fields that Aperture sets for a service. What may be a secret becomes a reference.
struct ApertureHeaders {
    private static let secretNames = ["auth", "macaroon", "cookie", "token", "key", "secret", "password", "credential"]
    private static let connection = [
        "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade",
    ]

    let service: String

    func headers(_ entries: [PolicyNode.Entry], in settings: ApertureSection) -> [ApertureService.Header] {
        entries.compactMap { entry in
            guard let text = settings.text(of: entry.value, named: entry.key) else { return nil }
            let name = entry.key.lowercased()
            if FieldName(entry.key) == nil || Self.connection.contains(name) || name == "host" {
                settings.warn(
                    entry.keyPlace,
                    name == "host"
                        ? "the header 'Host' is left out: it is the 'host' of 'forward'"
                        : "the header '\(entry.key)' is left out: a policy cannot set it"
                )
                return nil
            }
            return .init(name: entry.key, value: value(text, of: entry, in: settings))
        }
    }

    private func value(_ text: String, of entry: PolicyNode.Entry, in settings: ApertureSection) -> String {
        let place = entry.value.place
        for (mark, ending, tool) in [("!file+hex:", "hex", "xxd -p -c 0"), ("!file+base64:", "base64", "base64 -w 0")]
        where text.hasPrefix(mark) {
            let path = String(text.dropFirst(mark.count))
            if path.contains("${") { return variable(for: entry.key, at: place, in: settings) }
            settings.warn(
                place,
                "'!file' takes the text of a file as it is; write it with: \(tool) \(path) > \(path).\(ending)"
            )
            return "!file \(PolicyText.quoted("\(path).\(ending)"))"
        }
        if text.hasPrefix("!file") { return variable(for: entry.key, at: place, in: settings) }
        let names = text.split(separator: "${", omittingEmptySubsequences: false)
        if names.count == 2, names[0].isEmpty, names[1].last == "}", Self.isVariable(names[1].dropLast()) {
            return "!env \(names[1].dropLast())"
        }
        return names.count > 1 || mayBeSecret(text, in: entry.key)
            ? variable(for: entry.key, at: place, in: settings) : PolicyText.quoted(text)
    }

    /// A variable of the environment in place of a text that is not repeated.
    private func variable(for field: String, at place: Place, in settings: ApertureSection) -> String {
        let name = "\(service)_\(field)".uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        let variable = name.first?.isNumber == true ? "_" + String(name) : String(name)
        settings.warn(
            place,
            "the value of '\(field)' may be or hold a secret and is not repeated: set the environment variable \(variable)"
                + " to all of it"
        )
        return "!env \(variable)"
    }

    private func mayBeSecret(_ text: String, in field: String) -> Bool {
        let name = field.lowercased()
        let isLong = text.utf8.count >= 20 && !text.contains(" ")
        return isLong || Self.secretNames.contains(where: name.contains) || text.hasPrefix("Bearer ")
            || text.hasPrefix("Basic ")
    }

    private static func isVariable(_ name: Substring) -> Bool {
        name.first?.isNumber == false && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
