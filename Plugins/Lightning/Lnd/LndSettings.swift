package import GatewayKit
package import GatewayRPC
internal import NIOSSL

/// What a policy says of an lnd node.
package struct LndSettings: Sendable {
    /// `nil` where a mistake was noted.
    package var address: ServiceAddress?
    /// The node's own certificate, in PEM; `nil`: authorities that this system trusts have signed it, for its name.
    package var certificate: String?
    /// In hexadecimal.
    package var macaroon: Secret
    package var network = Bolt11Network.bitcoin
    /// Whether invoices name ways through channels that are not announced.
    package var hasHints = false
    /// For a call.
    package var timeout = Duration.seconds(10)

    package init(address: ServiceAddress?, certificate: String?, macaroon: Secret) {
        self.address = address
        self.certificate = certificate
        self.macaroon = macaroon
    }

    package init(from settings: inout PolicyReader) {
        let address: ServiceAddress? = settings.value(
            "address",
            or: nil,
            placeholder: nil,
            expected: "where lnd answers gRPC, such as 127.0.0.1:10009"
        ) { text in ServiceAddress(parsing: text).map { Optional($0) } }
        let common = Common(from: &settings)
        self.init(address: address, certificate: common.certificate, macaroon: common.macaroon)
        network = common.network
        hasHints = common.hasHints
        timeout = common.timeout
    }

    /// What is the same for both of its interfaces.
    struct Common {
        let certificate: String?
        /// Empty where a mistake was noted.
        let macaroon: Secret
        let network: Bolt11Network
        let hasHints: Bool
        let timeout: Duration

        init(from settings: inout PolicyReader) {
            certificate = Self.certificate(from: &settings)
            macaroon = settings.secretBytes("macaroon", kind: "a macaroon of lnd") ?? Secret("")
            network = Bolt11Network.one(from: &settings)
            hasHints = settings.flag("private", or: false)
            timeout = settings.timeout("timeout", or: .seconds(10))
        }

        private static func certificate(from settings: inout PolicyReader) -> String? {
            guard settings.node("certificate") != nil,
                let text = settings.fileText("certificate", kind: "lnd's tls.cert")
            else { return nil }
            if let found = try? NIOSSLCertificate.fromPEMBytes(Array(text.utf8)), !found.isEmpty { return text }
            let mistake = settings.error(at: "certificate", "should be the path of lnd's tls.cert (BEGIN CERTIFICATE)")
            settings.note(mistake.place, mistake.message, rule: .badCertificate)
            return nil
        }
    }
}

extension Bolt11Network {
    /// What `network` says; the one where money is where it says nothing.
    static func one(from settings: inout PolicyReader) -> Bolt11Network {
        let names = allCases.map { "\($0)" }
        let name = settings.choice("network", of: names, or: "\(bitcoin)")
        return allCases.first { "\($0)" == name } ?? .bitcoin
    }
}
