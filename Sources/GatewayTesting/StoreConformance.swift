public import GatewayKit

/// What every store must do, for the tests of a store to run:
///
/// ```swift
/// @Test(arguments: StoreConformance.Check.allCases)
/// func `keeps the store's promises`(_ check: StoreConformance.Check) async throws {
///     try await StoreConformance { MyStore() }.run(check)
/// }
/// ```
///
/// A store that keeps its promises over the end of a process brings a `ClaimingChild` too.
///
/// Checks use random payments, credentials and keys, so they may share a database and run at the same time.
public struct StoreConformance: Sendable {
    public enum Check: String, CaseIterable, Sendable {
        case claimIsTrueExactlyOnce, claimsDoNotInterfere, claimsSurviveReopening, claimsSurviveKilling
        case claimsHaveAPurpose, releasesAreExact, movesAreExact
        case invoicesRoundTrip, waitingInvoicesAreKnown, notingTwiceChangesNothing, notingDoesNotReopen
        case settlingIsTrueOnce, settlingUnknownIsFalse, settlingBeforeFlushing, invoicesSurviveReopening
        case revocationsComeInOrder, revokingTwiceChangesNothing, revocationsSurviveReopening
        case valuesAreKept, valuesAreReplaced, valuesAreForgotten, valuesSurviveReopening
        case sessionsRoundTrip, depositsAreTakenOnce, returnInvoicesAreTakenOnce, sessionsAreNeverOverdrawn
        case amountsAreGivenBack, sessionsAreToppedUp, actionsHappenOnce, actionsAreForgotten
        case sessionsEndOnce, refundsAreReserved, idleSessionsEnd, sessionsSurviveReopening
        case debitsSurviveKilling
        case largeValues, emptyValuesAndKeys, prefixesInOrder, prefixesAreLiteral, keysAreCompared
        case quotesAreBooked, claimsAreBooked, settlementsAreBooked, sessionsAreBooked, bundlesAreBooked
        case chainsHaveOneOrder
        case booksSurviveReopening
        case countsUpToItsLimit, countersAreSeparate, uncountingIsExact, countersSurviveReopening
        case takingIsAllOrNothing, takingIsExactAtOnce, givingBackIsExact, takingSurvivesReopening
        case reservationsRoundTrip, bundlesAreNeverPromisedTwice, reservationsAreSettledOnce,
            reservationsAreTakenOverOnce
        case metersSurviveReopening
    }

    private let makeStore: @Sendable () async throws -> any Store
    private let isDurable: Bool
    let child: ClaimingChild?

    /// - Parameters:
    ///   - isDurable: whether two stores that `makeStore` makes share what they keep, as a store on a disk does. When
    ///     not, what concerns reopening is left out.
    ///   - child: claims in a process that the suite kills. Without one, what concerns killing is left out.
    ///   - makeStore: makes a store that is not started. The suite starts and stops it.
    public init(
        isDurable: Bool = true,
        child: ClaimingChild? = nil,
        makeStore: @escaping @Sendable () async throws -> any Store
    ) {
        self.makeStore = makeStore
        self.isDurable = isDurable
        self.child = child
    }

    /// Runs every check.
    ///
    /// - Throws: one `ConformanceFailure` with a line for each check that failed.
    public func run() async throws {
        var failures = [String]()
        for check in Check.allCases {
            do {
                try await run(check)
            } catch {
                failures.append("\(check.rawValue): \(error)")
            }
        }
        guard failures.isEmpty else { throw ConformanceFailure(failures.joined(separator: "\n")) }
    }

    /// - Throws: `ConformanceFailure`, or what the store threw.
    public func run(_ check: Check) async throws {
        switch check {
        case .claimsSurviveReopening: try await reopening(claimBefore, claimAfter)
        case .claimsSurviveKilling: try await killing()
        case .debitsSurviveKilling: try await killingWhileSpending()
        case .invoicesSurviveReopening: try await reopening(noteBefore, noteAfter)
        case .revocationsSurviveReopening: try await reopening(revokeBefore, revokeAfter)
        case .valuesSurviveReopening: try await reopening(keepBefore, keepAfter)
        case .sessionsSurviveReopening: try await reopening(sessionBefore, sessionAfter)
        case .booksSurviveReopening: try await reopening(bookBefore, bookAfter)
        case .quotesAreBooked: try await withStore(quotesAreBooked)
        case .claimsAreBooked: try await withStore(claimsAreBooked)
        case .settlementsAreBooked: try await withStore(settlementsAreBooked)
        case .sessionsAreBooked: try await withStore(sessionsAreBooked)
        case .bundlesAreBooked: try await withStore(bundlesAreBooked)
        case .chainsHaveOneOrder: try await withStore(chainsHaveOneOrder)
        case .countersSurviveReopening: try await reopening(countBefore, countAfter)
        case .takingSurvivesReopening: try await reopening(takeBefore, takeAfter)
        case .takingIsAllOrNothing: try await withStore(takingIsAllOrNothing)
        case .takingIsExactAtOnce: try await withStore(takingIsExactAtOnce)
        case .givingBackIsExact: try await withStore(givingBackIsExact)
        case .metersSurviveReopening: try await reopening(meterBefore, meterAfter)
        case .reservationsRoundTrip: try await withStore(reservationsRoundTrip)
        case .bundlesAreNeverPromisedTwice: try await withStore(bundlesAreNeverPromisedTwice)
        case .reservationsAreSettledOnce: try await withStore(reservationsAreSettledOnce)
        case .reservationsAreTakenOverOnce: try await withStore(reservationsAreTakenOverOnce)
        case .countsUpToItsLimit: try await withStore(countsUpToItsLimit)
        case .countersAreSeparate: try await withStore(countersAreSeparate)
        case .uncountingIsExact: try await withStore(uncountingIsExact)
        case .claimIsTrueExactlyOnce: try await withStore(claimIsTrueExactlyOnce)
        case .claimsHaveAPurpose: try await withStore(claimsHaveAPurpose)
        case .releasesAreExact: try await withStore(releasesAreExact)
        case .movesAreExact: try await withStore(movesAreExact)
        case .claimsDoNotInterfere: try await withStore(claimsDoNotInterfere)
        case .invoicesRoundTrip: try await withStore(invoicesRoundTrip)
        case .waitingInvoicesAreKnown: try await withStore(waitingInvoicesAreKnown)
        case .notingTwiceChangesNothing: try await withStore(notingTwiceChangesNothing)
        case .notingDoesNotReopen: try await withStore(notingDoesNotReopen)
        case .settlingIsTrueOnce: try await withStore(settlingIsTrueOnce)
        case .settlingUnknownIsFalse: try await withStore(settlingUnknownIsFalse)
        case .settlingBeforeFlushing: try await withStore(settlingBeforeFlushing)
        case .revocationsComeInOrder: try await withStore(revocationsComeInOrder)
        case .revokingTwiceChangesNothing: try await withStore(revokingTwiceChangesNothing)
        case .valuesAreKept: try await withStore(valuesAreKept)
        case .valuesAreReplaced: try await withStore(valuesAreReplaced)
        case .valuesAreForgotten: try await withStore(valuesAreForgotten)
        case .sessionsRoundTrip: try await withStore(sessionsRoundTrip)
        case .depositsAreTakenOnce: try await withStore(depositsAreTakenOnce)
        case .returnInvoicesAreTakenOnce: try await withStore(returnInvoicesAreTakenOnce)
        case .sessionsAreNeverOverdrawn: try await withStore(sessionsAreNeverOverdrawn)
        case .amountsAreGivenBack: try await withStore(amountsAreGivenBack)
        case .sessionsAreToppedUp: try await withStore(sessionsAreToppedUp)
        case .actionsHappenOnce: try await withStore(actionsHappenOnce)
        case .actionsAreForgotten: try await withStore(actionsAreForgotten)
        case .sessionsEndOnce: try await withStore(sessionsEndOnce)
        case .refundsAreReserved: try await withStore(refundsAreReserved)
        case .idleSessionsEnd: try await withStore(idleSessionsEnd)
        case .largeValues: try await withStore(largeValues)
        case .emptyValuesAndKeys: try await withStore(emptyValuesAndKeys)
        case .prefixesInOrder: try await withStore(prefixesInOrder)
        case .prefixesAreLiteral: try await withStore(prefixesAreLiteral)
        case .keysAreCompared: try await withStore(keysAreCompared)
        }
    }

    func withStore<Value>(_ body: (any Store) async throws -> Value) async throws -> Value {
        let store = try await makeStore()
        try await store.start()
        do {
            let value = try await body(store)
            await store.stop()
            return value
        } catch {
            await store.stop()
            throw error
        }
    }

    private func reopening<Kept>(
        _ before: (any Store) async throws -> Kept,
        _ after: (any Store, Kept) async throws -> Void
    ) async throws {
        guard isDurable else { return }
        let kept = try await withStore(before)
        try await withStore { try await after($0, kept) }
    }

    /// - Throws: `ConformanceFailure` unless the two are equal.
    func expect<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        guard found == expected else { throw ConformanceFailure("\(what): \(found), expected \(expected)") }
    }
}
