package import GatewayKit

/// What a test expects of an answer. What is not named is not looked at.
package struct PolicyTestExpectation: Sendable {
    package internal(set) var status: Value<Int>?
    package internal(set) var price: Value<Price>?
    /// The word of the stage that answered, forwarded, or rejected the credential.
    package internal(set) var stage: Value<String>?
    package internal(set) var route: Value<String>?
    /// Why the credential does not count.
    package internal(set) var reason: Value<String>?
    /// Parts of their values.
    package internal(set) var fields: [(name: String, value: Value<String>)] = []
    package internal(set) var absent: [Value<String>] = []
    /// A part of it.
    package internal(set) var body: Value<String>?
    /// What the upstream is asked for: path and query.
    package internal(set) var path: Value<String>?
    /// The upstream that is asked; `none` where none may be.
    package internal(set) var upstream: Value<String>?
    /// The stages in shadow that would have refused.
    package internal(set) var shadow: [Value<String>]?

    package struct Value<Wanted: Sendable>: Sendable {
        package let wanted: Wanted
        package let place: Place
    }
}
