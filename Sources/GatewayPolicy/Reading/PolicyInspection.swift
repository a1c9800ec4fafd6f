package import GatewayKit

/// Looks at what a policy names and does not hold: certificates and host names. Without one, they are looked at when the
/// gateway starts.
package protocol PolicyInspection: Sendable {
    /// Why a certificate and its key cannot be used; `nil` when they can.
    func fault(of files: TLSFiles) -> String?

    /// Why the certificates in a file cannot be trusted as roots; `nil` when they can.
    func fault(ofRoots path: String) -> String?

    /// Why a name of an upstream leads nowhere; `nil` when it has an address, or nobody asked to look it up.
    func fault(ofHost name: String) -> String?
}
