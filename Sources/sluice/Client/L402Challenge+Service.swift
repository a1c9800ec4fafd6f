internal import GatewayKit
internal import L402

extension L402Challenge {
    /// The first service that the token is offered for; empty when it names none.
    var service: String {
        guard let macaroon else { return "" }
        for caveat in macaroon.caveats {
            let parsed = Caveat(parsing: String(decoding: caveat.identifier, as: UTF8.self))
            guard parsed.condition == "services" else { continue }
            return parsed.value.prefix { $0 != ":" && $0 != "," }.description
        }
        return ""
    }
}
