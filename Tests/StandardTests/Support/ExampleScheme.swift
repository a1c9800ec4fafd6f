import GatewayKit

/// A scheme that finds what it is told, and offers a line with its name and the invoice.
struct ExampleScheme: AuthScheme {
    var name = "Example"
    var isLate = false
    var found: @Sendable () throws -> Credential? = { nil }
    /// Thrown when asked for an offer.
    var failure: (any Error)?

    static func conceal(in exchange: Exchange) {}

    func credential(in exchange: Exchange) throws -> Eventually<Credential?> {
        guard isLate else { return .now(try found()) }
        return exchange.later { [found] in try found() }
    }

    func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
        if let failure { throw failure }
        return quote.invoice().map { [name] in Challenge(lines: ["\(name) invoice=\"\($0.bolt11)\""]) }
    }

    func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: [name]) }
}

/// Schemes that a policy can name.
enum ExampleSchemes {
    struct First: AuthScheme, Plugin {
        static let word = "first"

        init(from settings: inout PolicyReader, _ services: Services) throws {
            _ = settings.duration("valid-for", or: .seconds(60))
        }

        static func conceal(in exchange: Exchange) {}
        func credential(in exchange: Exchange) throws -> Eventually<Credential?> { .now(nil) }
        func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
            .now(Challenge(lines: ["First"]))
        }
        func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: ["First"]) }
    }

    struct Second: AuthScheme, Plugin {
        static let word = "second"

        init(from settings: inout PolicyReader, _ services: Services) throws {}

        static func conceal(in exchange: Exchange) {}
        func credential(in exchange: Exchange) throws -> Eventually<Credential?> { .now(nil) }
        func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
            .now(Challenge(lines: ["Second"]))
        }
        func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: ["Second"]) }
    }

    static var registry: Registry {
        var registry = Registry()
        registry.add(First.self)
        registry.add(Second.self)
        return registry
    }
}
