/// Hears what is asked for while settings are read, and so learns what can be written there: the schema of the policy
/// language is made of it.
package protocol SettingsWitness: AnyObject {
    /// - Parameter place: of the map that has the key, or of the value.
    func hear(_ question: SettingsQuestion, at place: Place)
}

/// What a plugin asks of its settings.
package enum SettingsQuestion: Hashable, Sendable {
    /// Whether a key is there.
    case presence(of: String)
    /// What stands behind a key, whatever it is.
    case node(of: String)
    /// A text behind a key, in a form.
    case value(of: String, SettingsForm, isRequired: Bool)
    /// The value itself as a text.
    case text(SettingsForm)
    /// All entries of the map: its keys are free.
    case freeKeys
    /// A plugin of this kind that the value names.
    case plugin(String)
}

/// The form of a text in settings.
package enum SettingsForm: Hashable, Sendable {
    case amount, price, duration, rate, byteCount, flag, text, secret
    case integer(ClosedRange<Int>)
    case choice([String])
    /// As messages describe it: `a path such as /v1`.
    case written(String)
}
