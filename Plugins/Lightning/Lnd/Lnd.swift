package import GatewayKit

/// An lnd node, by gRPC.
package final class Lnd: LndBackend, Plugin {
    package static let word = "lnd"

    package let node: LndNode

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        try self.init(LndSettings(from: &settings), services)
    }

    /// Opens nothing.
    ///
    /// - Throws: `StartFailure` where the certificate cannot be used.
    package init(_ settings: LndSettings, _ services: Services) throws {
        node = LndNode(
            try LndRPC(settings, time: services.time, logger: services.logger),
            network: settings.network,
            hasHints: settings.hasHints,
            certificate: settings.certificate,
            macaroon: settings.macaroon,
            services
        )
    }
}
