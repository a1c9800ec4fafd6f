internal import GatewayKit

/// Writes shapes as JSON Schema (2020-12).
struct SchemaWriter {
    /// The paths of the notes that found their place.
    private(set) var notesUsed: Set<String> = []
    private let notes: [String: String]
    /// What cannot be heard when settings are read, by path.
    private let replacements: [String: JSONValue]
    private let plugins: [String: [String: SettingsShape]]

    /// - Parameter plugins: by kind and word.
    init(notes: [String: String], replacements: [String: JSONValue], plugins: [String: [String: SettingsShape]]) {
        self.notes = notes
        self.replacements = replacements
        self.plugins = plugins
    }

    static func reference(_ name: String) -> JSONValue { ["$ref": .text("#/$defs/\(name)")] }

    /// `caveat verifier` as a name of `$defs`.
    static func definition(ofKind kind: String) -> String { kind.lowercased().replacing(" ", with: "-") }

    mutating func schema(_ shape: SettingsShape, at path: String) -> JSONValue {
        let schema = replacements[path] ?? plainSchema(shape, at: path)
        guard let note = notes[path], case .object(var members) = schema else { return schema }
        notesUsed.insert(path)
        members["description"] = .text(note)
        return .object(members)
    }

    private mutating func plainSchema(_ shape: SettingsShape, at path: String) -> JSONValue {
        switch shape {
        case .list(let item): ["type": "array", "items": schema(item, at: SettingsProbe.item(of: path))]
        case .map(let keys, let kind?): plugin(ofKind: kind, beside: properties(keys, at: path))
        case .map(let keys, nil):
            object(
                properties(keys, at: path),
                required: keys.filter(\.isRequired).map(\.name),
                patterns: SchemaHints.patterns[path]
            )
        case .freeMap(let value):
            [
                "type": "object",
                "additionalProperties": schema(value, at: SettingsProbe.key(SettingsForm.example, of: path)),
            ]
        case .text(let form): Self.schema(form)
        case .plugin(let kind): Self.reference(Self.definition(ofKind: kind))
        case .empty: ["type": "null"]
        // What it takes was not heard.
        case .any(let shapes) where shapes.isEmpty: .object([:])
        case .any(let shapes): ["anyOf": .list(shapes.map { plainSchema($0, at: path) })]
        }
    }

    mutating func properties(_ keys: [SettingsShape.Key], at path: String) -> [String: JSONValue] {
        var properties = [String: JSONValue]()
        for key in keys {
            properties[key.name] = schema(key.shape, at: SettingsProbe.key(key.name, of: path))
        }
        return properties
    }

    /// - Parameter patterns: of keys that are values.
    private func object(
        _ properties: [String: JSONValue],
        required: [String] = [],
        patterns: JSONValue? = nil
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ]
        if let patterns { members["patternProperties"] = patterns }
        if !required.isEmpty { members["required"] = .list(required.sorted().map { .text($0) }) }
        return .object(members)
    }

    // MARK: Plugins

    /// `word`, `{ use: word, ... }` or `{ word: settings }`.
    ///
    /// - Parameter others: keys that every word of the kind has beside its own.
    mutating func plugin(ofKind kind: String, beside others: [String: JSONValue] = [:]) -> JSONValue {
        let words = (plugins[kind] ?? [:]).sorted { $0.key < $1.key }
        var forms: [JSONValue] = [["enum": .list(words.map { .text($0.key) })]]
        for (word, shape) in words {
            forms.append(named(word, shape, beside: others))
        }
        let short = words.map { word, shape in (word, schema(shape, at: word)) }
        forms.append([
            "type": "object", "properties": .object(Dictionary(short) { $1 }), "additionalProperties": false,
            "minProperties": 1, "maxProperties": 1,
        ])
        return ["anyOf": .list(forms)]
    }

    private mutating func named(
        _ word: String,
        _ shape: SettingsShape,
        beside others: [String: JSONValue]
    ) -> JSONValue {
        var members = others
        members["use"] = ["const": .text(word)]
        var required = ["use"]
        for case .map(let keys, nil) in shape.alternatives {
            members.merge(properties(keys, at: word)) { $1 }
            required += keys.filter(\.isRequired).map(\.name)
        }
        return object(members, required: required)
    }

    // MARK: Forms

    /// What YAML reads as a number or as true is a text to a policy.
    private static let anyText: JSONValue = ["string", "number", "boolean"]

    static let definitions: [String: JSONValue] = [
        "amount": [
            "type": "string", "pattern": "^[0-9]+ ?(sats?|msat)$", "examples": ["10 sat", "1500 msat"],
            "description": "An amount of bitcoin such as 10 sat or 1500 msat.",
        ],
        "price": [
            "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?(sats?|msat|[A-Z]{3})$",
            "examples": ["10 sat", "1500 msat", "0.02 USD"],
            "description": "What something costs: 10 sat, 1500 msat, or 0.02 USD where the policy has rates.",
        ],
        "duration": [
            "type": "string", "pattern": "^[0-9]+ ?(us|ms|s|m|h|d)$", "examples": ["200ms", "60s", "30d"],
            "description": "A duration such as 200ms, 60s, 5m, 1h or 30d.",
        ],
        "rate": [
            "type": "string", "pattern": "^[0-9]+/(day|s|m|h|d|[0-9]+ ?(us|ms|s|m|h|d))$",
            "examples": ["20/s", "100/m"],
            "description": "A rate such as 20/s, 100/m or 5/10s.",
        ],
        "size": [
            "type": "string", "pattern": "^[0-9]+ ?[kKMG]?i?B$", "examples": ["16 KiB", "1 MiB"],
            "description": "A size such as 16 KiB or 1 MiB.",
        ],
        "flag": ["enum": [true, false, "true", "false"]],
        "text": ["type": anyText],
        "texts": ["anyOf": [reference("text"), ["type": "array", "items": reference("text")]]],
        "reference": [
            "type": "string", "pattern": "^!(env|file) ",
            "description": "!env NAME or !file path, which stand for a text.",
        ],
    ]

    private static func schema(_ form: SettingsForm) -> JSONValue {
        func orReference(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, reference("reference")]] }
        return switch form {
        case .amount: orReference(reference("amount"))
        case .price: orReference(reference("price"))
        case .duration: orReference(reference("duration"))
        case .rate: orReference(reference("rate"))
        case .byteCount: orReference(reference("size"))
        case .flag: orReference(reference("flag"))
        case .text: reference("text")
        case .secret: ["type": anyText, "description": "A secret: !env NAME or !file path."]
        case .integer(let range):
            [
                "anyOf": [
                    ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
                    ["type": "string", "pattern": "^-?[0-9]+$"], reference("reference"),
                ]
            ]
        case .choice(let words): orReference(["enum": .list(words.map { .text($0) })])
        case .written(Expectation.amount): schema(.amount)
        case .written(Expectation.price): schema(.price)
        case .written(Expectation.duration): schema(.duration)
        case .written(Expectation.rate): schema(.rate)
        case .written(Expectation.byteCount): schema(.byteCount)
        case .written(let expected): ["type": anyText, "description": .text(expected)]
        }
    }
}
