/// What a fake lnd was asked to tell of as it happens.
package struct FakeLndSubscription: Hashable, Sendable {
    /// The settle index behind which it was to begin; 0: with what comes.
    package let position: UInt64
    /// Settlements that were behind it already.
    package let replayed: Int
}
