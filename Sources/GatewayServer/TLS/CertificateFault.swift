package import GatewayKit

/// What is wrong with the files that a policy names for TLS, as `sluice check` asks before anything is started.
package enum CertificateFault {
    /// Why a certificate and its key cannot be used together; `nil` when they can. Blocks: not for an event loop.
    package static func of(_ files: TLSFiles) -> String? {
        do {
            _ = try TLSIdentity(reading: files)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Why the certificates in a file cannot be trusted as roots; `nil` when they can. Blocks: not for an event loop.
    package static func ofRoots(_ path: String) -> String? {
        do {
            _ = try PEMFile(reading: path, content: "the certificates to trust").certificates()
            return nil
        } catch {
            return "\(error)"
        }
    }
}
