internal import ExtAuthz
internal import Free
internal import GRPCPricer
internal import GRPCVerifier
internal import GatewayKit
internal import L402
internal import Lightning
internal import MPP
internal import Origin
internal import Rates
internal import SpendLimit
internal import Standard
internal import Stores
internal import TimeOfDay

/// The one list of plugins. Yours goes here too: one line, and its import.
enum BuiltIn {
    static var registry: Registry {
        var registry = Registry()
        registry.add(CORSStage.self)
        registry.add(AuthStage.self)
        registry.add(CaveatsStage.self)
        registry.add(RateLimitStage.self)
        registry.add(PriceStage.self)
        registry.add(ForwardStage.self)
        registry.add(RespondStage.self)
        registry.add(HeadersStage.self)
        registry.add(ExtAuthzStage.self)
        registry.add(PassStage.self)

        registry.add(L402Scheme.self)
        registry.add(MPPScheme.self)
        registry.add(FreeQuotaScheme.self)
        registry.add(WorkScheme.self)

        registry.add(ExpiryVerifier.self)
        registry.add(ServiceVerifier.self)
        registry.add(CapabilitiesVerifier.self)
        registry.add(PathCaveat.self)
        registry.add(MethodCaveat.self)
        registry.add(AddressCaveat.self)
        registry.add(ExpressionCaveat.self)
        registry.add(GRPCVerifier.self)
        registry.add(OriginCaveat.self)
        registry.add(SpendLimitCaveat.self)
        registry.add(TimeOfDayCaveat.self)

        registry.add(StaticPricer.self)
        registry.add(RulePricer.self)
        registry.add(GRPCPricer.self)
        registry.add(TokenPricer.self)

        registry.add(MarketRates.self)

        registry.add(DevNode.self)
        registry.add(Lnd.self)
        registry.add(LndOverREST.self)
        registry.add(NWCBackend.self)
        registry.add(CoreLightning.self)
        registry.add(Phoenixd.self)
        registry.add(LNbits.self)
        registry.add(LightningPool.self)

        registry.add(SQLiteStore.self)
        registry.add(MemoryStore.self)
        return registry
    }
}
