internal import GatewayKit

/// What a policy says of any node that is asked over HTTP.
package struct NodeSettings: Sendable {
    package var address: NodeAddress
    /// `nil`: those that this system trusts, for the name in the address.
    package var authorities: NodeAuthorities?
    package var network = Bolt11Network.bitcoin
    /// For one answer.
    package var timeout = Duration.seconds(10)

    package init(address: NodeAddress, authorities: NodeAuthorities? = nil) {
        self.address = address
        self.authorities = authorities
    }

    /// - Parameter usual: where the node's program listens that was not told otherwise.
    init(from settings: inout PolicyReader, usual: NodeAddress) {
        address = settings.value("address", or: usual, placeholder: usual, expected: NodeAddress.form) { text in
            NodeAddress(parsing: text)
        }
        authorities = Self.authorities(for: address, from: &settings)
        network = Bolt11Network.one(from: &settings)
        timeout = settings.timeout("timeout", or: timeout)
    }

    private static func authorities(
        for address: NodeAddress,
        from settings: inout PolicyReader
    ) -> NodeAuthorities? {
        guard settings.node("certificate") != nil,
            let pem = settings.fileText("certificate", kind: "a PEM file with the certificate that signed the node's")
        else { return nil }
        if !address.isSecure {
            settings.note(settings.error(at: "certificate", "is for an https address, not for \(address)"))
        }
        if let authorities = NodeAuthorities(pem: pem) { return authorities }
        let mistake = settings.error(at: "certificate", "should be the path of a PEM file (BEGIN CERTIFICATE)")
        settings.note(mistake.place, mistake.message, rule: .badCertificate)
        return nil
    }
}
