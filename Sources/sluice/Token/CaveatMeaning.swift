internal import GatewayKit

/// What a caveat asks, in words.
enum CaveatMeaning {
    static func text(of caveat: Caveat) -> String {
        let value = caveat.value
        switch caveat.condition {
        case "services":
            let names = value.split(separator: ",").map { $0.prefix { $0 != ":" } }
            return "the service is \(names.joined(separator: " or "))"
        case "path":
            return value.hasSuffix("/*") ? "the path is below \(value.dropLast())" : "the path is \(value)"
        case "method":
            return "the method is \(list(value))"
        case "address":
            return "the client's address is \(list(value))"
        case "time-of-day":
            return "it is \(list(value)) where the policy says"
        case "origin":
            return "the client is in \(list(value))"
        case "spend-limit":
            return "all that is spent with the payment is \(value) at the most"
        default:
            if let service = service(of: caveat.condition, suffix: "_valid_until") {
                guard let seconds = Int64(value) else { return "\(service) ends, and nobody can read when" }
                return "\(service) is used before \(WallTime(seconds: seconds).calendarText)"
            }
            if let service = service(of: caveat.condition, suffix: "_capabilities") {
                return "of \(service), only \(value.split(separator: ",").joined(separator: ", "))"
            }
            return "something that this program does not know"
        }
    }

    private static func list(_ value: String) -> String {
        value.split(separator: ",").joined(separator: " or ")
    }

    private static func service(of condition: String, suffix: String) -> Substring? {
        condition.hasSuffix(suffix) && condition.count > suffix.count ? condition.dropLast(suffix.count) : nil
    }
}
