internal import GatewayKit

/// What can be written in a place of a policy, as the code that reads it was seen to ask.
indirect enum SettingsShape: Sendable {
    /// A list of values; each is of this shape.
    case list(SettingsShape)
    /// A map with these keys.
    case map(keys: [Key], plugin: String?)
    /// A map with any keys, whose values are of this shape.
    case freeMap(SettingsShape)
    case text(SettingsForm)
    /// A plugin of this kind, which the value names.
    case plugin(String)
    case empty
    case any([SettingsShape])

    struct Key: Sendable {
        let name: String
        let shape: SettingsShape
        let isRequired: Bool
    }
}

extension SettingsShape {
    /// True where nothing was accepted but that nothing stands there.
    var isNothing: Bool {
        switch self {
        case .empty: true
        case .any(let shapes): shapes.isEmpty
        case .list, .map, .freeMap, .text, .plugin: false
        }
    }

    /// Itself, or what it may be.
    var alternatives: [SettingsShape] {
        if case .any(let shapes) = self { shapes } else { [self] }
    }
}
