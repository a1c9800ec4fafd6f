internal import GatewayKit
internal import L402

/// What the options of the token commands stand for.
enum TokenTerms {
    static func caveats(_ texts: [String]) throws(L402Grant.Malformed) -> [String] {
        for text in texts {
            try L402Grant.check(text)
        }
        return texts
    }

    static func duration(_ text: String?) throws -> Duration? {
        guard let text else { return nil }
        guard let duration = Duration(parsing: text), duration >= .seconds(1) else {
            throw CommandFailure(.usage, "'\(text.printable)' should be \(Expectation.duration), a second or more")
        }
        return duration
    }

    static func end(of services: [String], validFor text: String?) throws -> [String] {
        guard let duration = try duration(text) else { return [] }
        guard !services.isEmpty else {
            throw CommandFailure(.usage, "the token names no service whose end --valid-for could set")
        }
        return L402Grant.end(of: services, at: TimeSource.system.now().advanced(by: duration))
    }
}
