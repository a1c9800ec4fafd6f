package import GatewayKit

/// A JSON Schema of the policy language with the plugins of a registry, for editors and other programs.
///
/// Made of what the code asks for when it reads settings, so that it knows every key that can be written. It says less than
/// `check`: what one key means for another, and what a text must be, is only told there.
package struct PolicySchema: Sendable {
    private let shapes: [String: SettingsShape]
    private let plugins: [String: [String: SettingsShape]]
    private let stages: [String: SettingsShape]

    /// - Parameter services: what plugins are made with; its registry is described.
    package init(_ services: Services) {
        var services = services
        services.route = SettingsForm.example
        services.service = SettingsForm.example
        let url = SettingsProbe.map([("url", .text("http://127.0.0.1:80"))])
        let run = LoadingRun(services: services, references: FileReferences(files: NoFiles()) { _ in nil })
        let entry = PolicyNode.Entry(key: SettingsForm.example, keyPlace: Self.place, value: url.node(at: ""))
        services.upstreams = Upstream.one(from: entry, run: run).map { [SettingsForm.example: $0] } ?? [:]
        let registry = services.registry
        plugins = [
            "auth scheme": registry.schemes.mapValues { type in
                Self.shape(type.word, services) { _ = try type.init(from: &$0, $1) }
            },
            "caveat verifier": registry.verifiers.mapValues { type in
                Self.shape(type.word, services) { _ = try type.init(from: &$0, $1) }
            }.merging(
                registry.remoteVerifiers.mapValues { type in
                    Self.shape(type.word, services) { _ = try type.init(from: &$0, $1) }
                }
            ) { local, _ in local },
            "pricer": registry.pricers.mapValues { type in
                Self.shape(type.word, services) { _ = try type.init(from: &$0, $1) }
            },
            "Lightning backend": registry.backends.mapValues { type in
                Self.shape(type.word, services) { _ = try type.init(from: &$0, $1) }
            },
            "store": registry.stores.mapValues { type in
                Self.shape(type.word, services) { _ = try type.init(from: &$0, $1) }
            },
        ]
        stages = registry.stages.mapValues { type in
            Self.shape(type.word, services) { _ = try type.init(from: &$0, $1) }
        }
        shapes = Self.shapes(services)
    }

    private static let place = Place(file: "", line: 1, column: 1)

    private static func shape(
        _ word: String,
        _ services: Services,
        make: @escaping (inout PolicyReader, Services) throws -> Void
    ) -> SettingsShape {
        SettingsExplorer(root: word, hints: SchemaHints.keys) { node, mistakes in
            var reader = PolicyReader(node, word: word, mistakes: mistakes, references: NoReferences())
            defer { reader.finish() }
            do {
                try make(&reader, services)
            } catch {
                reader.note(error)
            }
        }.shape()
    }

    /// Of what the loader reads itself.
    private static func shapes(_ services: Services) -> [String: SettingsShape] {
        func shape(_ root: String, read: @escaping (PolicyNode.Entry, LoadingRun) -> Void) -> SettingsShape {
            SettingsExplorer(root: root, hints: SchemaHints.keys) { node, mistakes in
                let references = FileReferences(files: NoFiles()) { _ in nil }
                let run = LoadingRun(services: services, references: references, mistakes: mistakes)
                read(PolicyNode.Entry(key: root, keyPlace: node.place, value: node), run)
            }.shape()
        }
        return [
            "listen": shape("listen") { _ = ListenerSettings.list(from: $0, run: $1) },
            "admin": shape("admin") { _ = AdminListener.one(from: $0, beside: [], run: $1) },
            "access-log": shape("access-log") { _ = AccessLogSettings.one(from: $0, run: $1) },
            "trace": shape("trace") { _ = TraceSettings.one(from: $0, run: $1) },
            "rates": shape("rates") { entry, run in
                guard let type = services.registry.rates else { return }
                var reader = run.reader(for: entry.value, word: entry.key)
                defer { reader.finish() }
                _ = try? type.init(from: &reader, services)
            },
            "invoices": shape("invoices") { _ = InvoiceLimits.one(from: $0, run: $1) },
            "reload": shape("reload") { _ = ReloadSettings.one(from: $0, run: $1) },
            "upstream": shape("upstream") { _ = Upstream.one(from: $0, run: $1) },
            "route": shape("route") { entry, run in
                var pipelines = NamedPipelines([], run: run)
                var defaults = RouteDefaults(from: nil, run: run)
                _ = RouteDraft(
                    from: WrittenRoute(node: entry.value),
                    pipelines: &pipelines,
                    defaults: &defaults,
                    listener: nil,
                    services: services,
                    trace: nil,
                    run: run
                )
            },
        ]
    }

    // MARK: Writing

    package func json() -> String { document().schema.json() }

    /// The paths of notes that belong to nothing that can be written.
    package var strayNotes: [String] {
        Set(SchemaHints.notes.keys).subtracting(document().notes).sorted()
    }

    private func document() -> (schema: JSONValue, notes: Set<String>) {
        var writer = SchemaWriter(
            notes: SchemaHints.notes,
            replacements: SchemaHints.replacements,
            plugins: plugins
        )
        var definitions = SchemaWriter.definitions
        for kind in plugins.keys.sorted() {
            definitions[SchemaWriter.definition(ofKind: kind)] = writer.plugin(ofKind: kind)
        }
        let verifier = SchemaWriter.definition(ofKind: "caveat verifier")
        definitions[verifier] = definitions[verifier].map { ["anyOf": [$0, Self.describedCaveat]] }
        definitions["step"] = step(&writer)
        definitions["pipeline"] = ["type": "array", "items": SchemaWriter.reference("step")]
        definitions["named-pipeline"] = Self.namedPipeline
        definitions["defaults"] = defaults(among: [:])
        definitions["allow"] = Self.allow
        definitions["group"] = Self.group
        definitions["rate-source"] = Self.rateSource
        var properties: [String: JSONValue] = [
            "version": ["enum": [1, "1"]],
            "include": ["type": "array", "items": ["type": "string"]],
            "lightning": SchemaWriter.reference("lightning-backend"),
            "store": SchemaWriter.reference("store"),
            "pipelines": Self.map(of: SchemaWriter.reference("named-pipeline")),
            "defaults": defaults(among: ["hosts": Self.map(of: SchemaWriter.reference("defaults"))]),
            "allow": SchemaWriter.reference("allow"),
            "groups": ["type": "array", "items": SchemaWriter.reference("group")],
        ]
        for name in ["listen", "admin", "access-log", "invoices", "rates", "reload", "trace"] {
            properties[name] = shapes[name].map { writer.schema($0, at: name) }
        }
        properties["upstreams"] = shapes["upstream"].map { Self.map(of: writer.schema($0, at: "upstream")) }
        definitions["route"] = shapes["route"].map { writer.schema($0, at: "route") }
        properties["routes"] = ["type": "array", "items": SchemaWriter.reference("route")]
        let schema: [String: JSONValue] = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A policy of Sluice", "type": "object",
            "properties": .object(properties), "additionalProperties": false, "$defs": .object(definitions),
        ]
        return (.object(schema), writer.notesUsed)
    }

    /// A word alone, or with its settings.
    private func step(_ writer: inout SchemaWriter) -> JSONValue {
        var properties: [String: JSONValue] = [
            Step.use: [
                "anyOf": [
                    ["type": "string"],
                    ["type": "object", "properties": ["pipeline": ["type": "string"]], "required": ["pipeline"]],
                ]
            ]
        ]
        for (word, shape) in stages.sorted(by: { $0.key < $1.key }) {
            properties[word] = writer.schema(shape, at: word)
        }
        properties[Step.shadow] = ["type": "boolean"]
        return [
            "anyOf": [
                ["enum": .list(stages.keys.sorted().map { .text($0) })],
                [
                    "type": "object", "properties": .object(properties), "additionalProperties": false,
                    "minProperties": 1, "maxProperties": 2,
                ],
            ]
        ]
    }

    /// A caveat that the policy describes itself: settings without a word.
    private static let describedCaveat: JSONValue = [
        "type": "object", "additionalProperties": false, "required": ["condition", "allow"],
        "properties": [
            "condition": ["type": "string"], "allow": ["type": "string"], "narrows": ["type": "string"],
            "body": ["$ref": "#/$defs/size"],
        ],
    ]

    /// Somebody who is asked what a bitcoin costs, or who always says the same.
    private static let rateSource: JSONValue = [
        "anyOf": [
            [
                "type": "object", "additionalProperties": false, "required": ["fixed"],
                "properties": ["fixed": ["type": "string"], "name": ["type": "string"]],
            ],
            [
                "type": "object", "additionalProperties": false, "required": ["url", "path", "currency"],
                "properties": [
                    "url": ["type": "string"], "path": ["type": "string"], "currency": ["$ref": "#/$defs/texts"],
                    "name": ["type": "string"],
                ],
            ],
        ]
    ]

    // MARK: Composition

    /// A list of steps, or one with parameters. What stands for a parameter may stand for anything.
    private static let namedPipeline: JSONValue = [
        "anyOf": [
            ["$ref": "#/$defs/pipeline"],
            [
                "type": "object", "additionalProperties": false, "required": ["steps"],
                "properties": ["parameters": ["type": ["object", "array", "null"]], "steps": ["type": "array"]],
            ],
        ]
    ]

    /// Rules and the reasons why they need not be kept here.
    private static var allow: JSONValue {
        let rules = PolicyRule.allCases.filter(\.mayBeAllowed).map(\.rawValue)
        let properties = Dictionary(uniqueKeysWithValues: rules.map { ($0, ["type": "string"] as JSONValue) })
        let item: JSONValue = [
            "type": "object", "additionalProperties": false, "required": ["rule", "reason"],
            "properties": ["rule": ["enum": .list(rules.map { .text($0) })], "reason": ["type": "string"]],
        ]
        return [
            "anyOf": [
                ["type": "object", "additionalProperties": false, "properties": .object(properties)],
                ["type": "array", "items": item],
            ]
        ]
    }

    private static let group: JSONValue = [
        "type": "object", "additionalProperties": false,
        "properties": [
            "name": ["type": "string"], "host": ["type": "string"], "service": ["type": "string"],
            "prefix": ["type": "string"], "pipeline": ["$ref": "#/$defs/pipeline"],
            "defaults": ["$ref": "#/$defs/defaults"],
            // A part of what a route needs may come from the group.
            "routes": ["type": "array", "items": ["type": "object"]],
            "groups": ["type": "array", "items": ["$ref": "#/$defs/group"]],
        ],
    ]

    /// Settings of stages, of which the routes may lack some, and keys of routes.
    private func defaults(among others: [String: JSONValue]) -> JSONValue {
        var properties = others
        for word in Array(stages.keys) + DefaultLayer.routeKeys {
            properties[word] = [:]
        }
        return ["type": "object", "additionalProperties": false, "properties": .object(properties)]
    }

    private static func map(of value: JSONValue) -> JSONValue {
        ["anyOf": [["type": "object", "additionalProperties": value], ["type": "null"]]]
    }

    /// The keys of a policy that it describes.
    package static var keys: [String] { PolicySources.keys }
}

/// No file is read for a schema.
private struct NoFiles: PolicyFiles {
    func contents(of path: String) throws -> [UInt8] { throw StartFailure("no such file") }
    func names(in path: String) -> [String]? { nil }
}

private struct NoReferences: PolicyReferences {
    func resolve(_ reference: PolicyNode.Reference) throws -> String { throw StartFailure("no such reference") }
}
