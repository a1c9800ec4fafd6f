internal import GatewayKit

/// A `WWW-Authenticate` line of the scheme `PoW`, as a client reads it.
package struct WorkOffer: Hashable, Sendable {
    package let challenge: WorkChallenge

    /// What the gateway writes; the challenge says the bits too.
    static func line(_ challenge: WorkChallenge, realm: String, lifetime: Int64) -> String {
        "\(WorkScheme.name) realm=\"\(realm)\", algorithm=\"SHA-256\", challenge=\"\(challenge.text)\""
            + ", bits=\(challenge.bits), max-age=\(lifetime)"
    }

    /// The first offer among the lines; `nil` when there is none that is understood here.
    package init?(in lines: [String]) {
        for line in lines where line.lowercased().hasPrefix("\(WorkScheme.name.lowercased()) ") {
            let parameters = Self.parameters(line.dropFirst(WorkScheme.name.utf8.count + 1))
            guard parameters["algorithm"] == "SHA-256",
                let challenge = parameters["challenge"].flatMap(WorkChallenge.init)
            else { continue }
            self.challenge = challenge
            return
        }
        return nil
    }

    /// `name=token` and `name="text"` (RFC 9110 §11.2), of which no text that matters here holds a comma.
    private static func parameters(_ text: Substring) -> [String: String] {
        var parameters = [String: String]()
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let value = pair[1].filter { $0 != "\"" && $0 != " " }
            parameters[pair[0].filter { $0 != " " }.lowercased()] = value
        }
        return parameters
    }
}
