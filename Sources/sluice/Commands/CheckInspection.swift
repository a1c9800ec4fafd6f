internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import NIOCore

/// Reads the certificates that a policy names, and looks its upstreams' names up where that is asked for. Starts nothing.
struct CheckInspection: PolicyInspection {
    private let resolvesNames: Bool

    /// - Parameter resolvesNames: asks the resolver of this machine, which may ask others.
    init(resolvesNames: Bool) {
        self.resolvesNames = resolvesNames
    }

    func fault(of files: TLSFiles) -> String? { CertificateFault.of(files) }

    func fault(ofRoots path: String) -> String? { CertificateFault.ofRoots(path) }

    func fault(ofHost name: String) -> String? {
        guard resolvesNames else { return nil }
        do {
            // The port is of no account here.
            _ = try SocketAddress.makeAddressResolvingHost(name, port: 80)
            return nil
        } catch {
            return "the name '\(name)' has no address here"
        }
    }
}
