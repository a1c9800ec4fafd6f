internal import GatewayKit

extension PolicyTestExpectation {
    /// A status, or a map.
    init(_ node: PolicyNode, _ reader: PolicyReader) {
        var settings = reader
        defer { settings.finish() }
        if let short = settings.shorthand() {
            let status = settings.value(of: short, named: "'expect'", expected: "a status such as 402, or a map") {
                Self.status($0)
            }
            self.status = status.map { Value(wanted: $0, place: short.place) }
            return
        }
        if settings.keys.isEmpty {
            settings.note(node.place, "'expect' should say something: a status such as 402, or a map")
        }
        status = Self.value("status", "a status such as 402", from: &settings) { Self.status($0) }
        price = Self.value("price", Expectation.price, from: &settings) { Price(parsing: $0) }
        stage = Self.value("stage", "the word of a stage", from: &settings) { $0 }
        route = Self.value("route", "the name of a route", from: &settings) { $0 }
        reason = Self.value("reason", "why the credential does not count", from: &settings) { $0 }
        body = Self.value("body", "a part of the body", from: &settings) { $0 }
        path = Self.value("path", "a path such as /v1", from: &settings) { $0.hasPrefix("/") ? $0 : nil }
        upstream = Self.value("upstream", "the name of an upstream, or none", from: &settings) { $0 }
        absent = Self.values("without", from: &settings)
        if settings.contains("shadow") { shadow = Self.values("shadow", from: &settings) }
        guard var section = settings.section("headers") else { return }
        fields = section.freeEntries().compactMap { entry in
            guard FieldName(entry.key) != nil else {
                section.note(entry.keyPlace, "'\(entry.key)' is no name of a header field")
                return nil
            }
            return section.text(of: entry.value, expected: "a header field should be a text").map {
                (entry.key, Value(wanted: $0, place: entry.value.place))
            }
        }
    }

    private static func status(_ text: String) -> Int? {
        Int(text).flatMap { (100...599).contains($0) ? $0 : nil }
    }

    private static func value<Wanted: Sendable>(
        _ key: String,
        _ expected: String,
        from settings: inout PolicyReader,
        _ parse: (String) -> Wanted?
    ) -> Value<Wanted>? {
        guard let node = settings.node(key) else { return nil }
        return settings.value(of: node, named: "'\(key)'", expected: expected, parse).map {
            Value(wanted: $0, place: node.place)
        }
    }

    private static func values(_ key: String, from settings: inout PolicyReader) -> [Value<String>] {
        settings.nodes(key).compactMap { node in
            settings.text(of: node, expected: "'\(key)' should be a text or a list of them").map {
                Value(wanted: $0, place: node.place)
            }
        }
    }
}
