internal import GatewayKit

/// One entry of Aperture's `services`, with what of it comes along.
struct ApertureService {
    enum Access: Equatable {
        case free
        /// So many requests of a block of addresses are free.
        case paid(free: Int)
    }

    struct Limit {
        let pattern: GoPattern
        let rate: String
        let burst: Int
        let place: Place
    }

    struct Header {
        let name: String
        /// As the policy writes it: quoted, or a reference.
        let value: String
    }

    /// Who says what it costs, in place of `price`.
    struct PriceServer {
        let address: String
        /// What its connections are encrypted with, as the policy writes it; `nil`: nothing.
        let tls: String?
        /// Further settings, as the policy writes them: what is metered.
        let metering: [String]
    }

    let place: Place
    /// As Aperture has it.
    let written: String
    /// What routes, upstreams and tokens are named after.
    var name: String
    /// `nil`: what a policy cannot say.
    var hosts: [String]?
    var path = GoPattern.everything
    var url: String?
    var certificate: String?
    /// What the service is to be asked for as, where it is known by name.
    var host: String?
    var access = Access.paid(free: 0)
    var schemes = ["l402"]
    var price = Amount(millisatoshis: 1_000)
    var priceServer: PriceServer?
    /// Why the service is not sold; `nil`: it is.
    var refusal: String?
    var free: [GoPattern] = []
    var unsold: [GoPattern] = []
    var limits: [Limit] = []
    var headers: [Header] = []
    var prefix: String?
    var lifetime: Duration?
    var capabilities: [String] = []

    init(place: Place, written: String, name: String) {
        self.place = place
        self.written = written
        self.name = name
    }

    /// True where nobody pays for anything.
    var isFree: Bool { access == .free }
}
