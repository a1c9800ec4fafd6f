internal import GatewayKit

/// What the paths of all routes of a group begin with: `/v1`, or nothing.
struct GroupPrefix {
    /// Without a slash at its end.
    let text: String
    let place: Place

    /// What it is called where a route's path is told.
    private var origin: String { "below \(text) (\(place))" }

    /// Notes a mistake, and stands for nothing, where the text is none.
    init(_ text: String, at place: Place, below outer: GroupPrefix?, run: LoadingRun) {
        self.place = place
        guard text.hasPrefix("/"), !text.hasSuffix("/"), !text.contains(where: { $0 == "*" || $0 == "?" }) else {
            run.note(
                place,
                "'prefix' should be a path such as /v1, without a slash or a star at its end, not '\(text)'"
            )
            self.text = outer?.text ?? ""
            return
        }
        self.text = (outer?.text ?? "") + text
    }

    /// The entries of a route's `match`, with the whole path.
    func applied(to entries: [PolicyNode.Entry], run: LoadingRun) -> [PolicyNode.Entry] {
        guard !text.isEmpty else { return entries }
        guard let index = entries.firstIndex(where: { ["path", "regex", "grpc"].contains($0.key) }) else {
            var everything = PolicyNode(.text("\(text)/*"), at: place)
            everything.origin = origin
            return entries + [PolicyNode.Entry(key: "path", keyPlace: place, value: everything)]
        }
        let entry = entries[index]
        guard let whole = whole(entry, run: run) else { return entries }
        var value = PolicyNode(.text(whole), at: entry.value.place)
        value.origin = origin
        value.overrode = entry.value.overrode
        var entries = entries
        entries[index] = PolicyNode.Entry(key: entry.key, keyPlace: entry.keyPlace, value: value)
        return entries
    }

    private func whole(_ entry: PolicyNode.Entry, run: LoadingRun) -> String? {
        if entry.key == "grpc" {
            run.note(entry.keyPlace, "the path of a gRPC call has no prefix: write the route outside of the group")
            return nil
        }
        guard case .text(let own) = entry.value.content else {
            if case .reference = entry.value.content {
                run.note(entry.value.place, "'\(entry.key)' should be written down in a group that has a prefix")
            } else if case .empty = entry.value.content {
                return text
            }
            return nil
        }
        if entry.key == "regex" { return "\(expression)(?:\(own))" }
        if !own.isEmpty, !own.hasPrefix("/") {
            run.note(entry.value.place, "'path' should begin with '/', not be '\(own)'; before it stands '\(text)'")
        }
        return text + own
    }

    /// The prefix as a regular expression.
    private var expression: String {
        text.split(separator: "/").map { segment in
            if segment.hasPrefix("{") { return "/[^/]+" }
            let special = "\\^$.|?*+()[]{}"
            return "/" + segment.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
        }.joined()
    }
}
