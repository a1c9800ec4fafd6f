internal import GatewayKit

extension AccessLogSettings {
    private static let streams: [String: Destination] = ["stderr": .standardError, "stdout": .standardOutput]

    /// What `access-log` says: `{ format, to, sample }`, each with a default. `nil` where the policy has none.
    static func one(from entry: PolicyNode.Entry?, run: LoadingRun) -> AccessLogSettings? {
        guard let entry else { return nil }
        var settings = run.reader(for: entry.value, word: entry.key)
        defer { settings.finish() }
        var log = AccessLogSettings()
        let formats = Format.allCases.map(\.rawValue)
        log.format = Format(rawValue: settings.choice("format", of: formats, or: log.format.rawValue)) ?? log.format
        log.destination = destination(from: &settings) ?? log.destination
        log.sample = settings.value(
            "sample",
            or: log.sample,
            placeholder: log.sample,
            expected: "a share from 0 to 1, such as 0.1"
        ) { text in
            Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
        }
        return log
    }

    /// A file's path is relative to the policy file that names it.
    private static func destination(from settings: inout PolicyReader) -> Destination? {
        guard let node = settings.node("to") else { return nil }
        let expected = "stderr, stdout or the path of a file"
        return settings.value(of: node, named: "'to'", expected: expected) { text in
            if let stream = streams[text] { return stream }
            let isMisspelled = !Guess.hint(for: text, among: streams.keys).isEmpty
            guard !text.isEmpty, !isMisspelled, !text.utf8.contains(0) else { return nil }
            return .file(path: FilePath.resolve(text, in: FilePath.folder(of: node.place.file)))
        }
    }
}
