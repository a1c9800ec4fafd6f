package import GatewayKit
internal import NIOCore

/// An lnd node, by its REST interface: for where its gRPC cannot be reached.
package final class LndOverREST: LndBackend, Plugin {
    package static let word = "lnd-rest"

    package let node: LndNode

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let url = settings.text("address")
        let common = LndSettings.Common(from: &settings)
        let macaroon = common.macaroon
        if !url.isEmpty, !macaroon.text.isEmpty {
            do {
                try LndRESTWallet.check(
                    url: url,
                    macaroonHex: macaroon.text,
                    hasCertificate: common.certificate != nil
                )
            } catch {
                throw settings.error(at: "address", "cannot be used: \(error)")
            }
        }
        let certificate = try common.certificate.map { try PinnedCertificate(pem: $0) }
        let timeout = TimeAmount(common.timeout)
        node = LndNode(
            LndHTTP {
                LndRESTWallet(url: url, macaroonHex: macaroon.text, certificate: certificate, timeout: timeout)
            },
            network: common.network,
            hasHints: common.hasHints,
            certificate: common.certificate,
            macaroon: macaroon,
            services
        )
    }
}
