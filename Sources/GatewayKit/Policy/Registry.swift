/// The plugins that policies can name, by their words. One list, in the executable.
public struct Registry: Sendable {
    public private(set) var stages: [String: any StagePlugin.Type] = [:]
    public private(set) var schemes: [String: any (AuthScheme & Plugin).Type] = [:]
    public private(set) var verifiers: [String: any (CaveatVerifier & Plugin).Type] = [:]
    public private(set) var remoteVerifiers: [String: any (RemoteCaveatVerifier & Plugin).Type] = [:]
    public private(set) var pricers: [String: any (Pricer & Plugin).Type] = [:]
    public private(set) var backends: [String: any (LightningBackend & Plugin).Type] = [:]
    public private(set) var stores: [String: any (Store & Plugin).Type] = [:]

    /// What `rates` of a policy is read by; `nil`: a policy has none.
    public private(set) var rates: (any (ExchangeRates & Plugin).Type)?

    public init() {}

    public mutating func add(_ stage: any StagePlugin.Type) { stages[stage.word] = stage }
    public mutating func add(_ scheme: any (AuthScheme & Plugin).Type) { schemes[scheme.word] = scheme }
    public mutating func add(_ verifier: any (CaveatVerifier & Plugin).Type) { verifiers[verifier.word] = verifier }
    public mutating func add(_ verifier: any (RemoteCaveatVerifier & Plugin).Type) {
        remoteVerifiers[verifier.word] = verifier
    }
    public mutating func add(_ pricer: any (Pricer & Plugin).Type) { pricers[pricer.word] = pricer }
    public mutating func add(_ backend: any (LightningBackend & Plugin).Type) { backends[backend.word] = backend }
    public mutating func add(_ rates: any (ExchangeRates & Plugin).Type) { self.rates = rates }
    public mutating func add(_ store: any (Store & Plugin).Type) { stores[store.word] = store }
}
