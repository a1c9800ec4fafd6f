/// The identities that a listener has at one moment.
struct ServerIdentities: Sendable {
    let standard: TLSIdentity
    let others: [TLSIdentity]
    private let names: ServerNames

    init(standard: TLSIdentity, others: [TLSIdentity]) {
        self.standard = standard
        self.others = others
        names = ServerNames([standard.hostNames] + others.map(\.hostNames))
    }

    /// - Parameter name: what the client asks for, if it does.
    func identity(for name: String?) -> TLSIdentity {
        let index = names.index(of: name)
        return index == 0 ? standard : others[index - 1]
    }

    var all: [TLSIdentity] { [standard] + others }
}
