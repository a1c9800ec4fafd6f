internal import GatewayKit
internal import SwiftProtobuf

/// A field that an authorisation service sets.
struct HeaderChange: Sendable {
    enum Action: Sendable {
        case append, addIfAbsent, set, setIfPresent
    }

    let name: FieldName
    let value: String
    let action: Action

    /// `nil` for what belongs to the connection, or cannot be a field.
    ///
    /// - Parameter usual: what is done where the service does not say.
    init?(_ option: Envoy_Config_Core_V3_HeaderValueOption, usually usual: Action) {
        guard let name = FieldName(option.header.key), Self.isChangeable(name) else { return nil }
        let value =
            option.header.rawValue.isEmpty
            ? option.header.value : String(decoding: option.header.rawValue, as: UTF8.self)
        // What may stand in a field: RFC 9110 §5.5.
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
        guard !value.isEmpty || option.keepEmptyValue else { return nil }
        self.name = name
        self.value = value
        if option.hasAppend {
            action = option.append.value ? .append : .set
        } else {
            action =
                switch option.appendAction {
                case .appendIfExistsOrAdd, .UNRECOGNIZED: usual
                case .addIfAbsent: .addIfAbsent
                case .overwriteIfExistsOrAdd: .set
                case .overwriteIfExists: .setIfPresent
                }
        }
    }

    /// False for what frames and routes a message.
    static func isChangeable(_ name: FieldName) -> Bool {
        switch name.known {
        case .connection, .contentLength, .host, .http2Settings, .keepAlive, .proxyConnection, .te, .trailer,
            .transferEncoding, .upgrade:
            false
        default: true
        }
    }

    func apply(to fields: inout Fields) {
        switch action {
        case .append: fields.add(name, value)
        case .addIfAbsent: if !fields.contains(name) { fields.add(name, value) }
        case .set: fields.set(name, value)
        case .setIfPresent: if fields.contains(name) { fields.set(name, value) }
        }
    }

    func apply(to edits: inout RequestEdits, of head: RequestHead) {
        let present = Self.values(of: name, edits, head)
        switch action {
        case .append: edits.set(name, (present + [value]).joined(separator: ", "), of: head)
        case .addIfAbsent: if present.isEmpty { edits.set(name, value, of: head) }
        case .set: edits.set(name, value, of: head)
        case .setIfPresent: if !present.isEmpty { edits.set(name, value, of: head) }
        }
    }

    /// What the upstream would get of this name.
    private static func values(of name: FieldName, _ edits: RequestEdits, _ head: RequestHead) -> [String] {
        head.fields.indices(of: name).filter { !edits.isRemoved(line: $0) }.map { head.fields.value(at: $0) }
            + edits.added.filter { $0.name == name }.map(\.value)
    }
}
