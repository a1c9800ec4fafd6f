internal import GatewayKit

/// The rows of a book, in one transaction. It knows none of the book's rules but those of `expire` and `forget`, which change
/// many rows at once.
///
/// Everybody who changes a bundle, or what is reserved of it, has asked for the bundle before: who comes second waits for the
/// first one's transaction.
protocol BookTransaction {
    // MARK: Bundles

    /// - Returns: false where there is one for this token, which stays as it is.
    func addBundle(_ token: String, for service: String, capacity: Amount, at now: WallTime) throws -> Bool

    /// Nobody else changes it until this transaction ends. `nil` where there is none.
    func bundle(_ token: String) throws -> (service: String, balance: MeterBalance)?

    /// From now on somebody has drawn from it.
    func set(_ balance: MeterBalance, of token: String) throws

    // MARK: Reservations

    /// - Returns: its number.
    func addReservation(for draw: Draw, setAside: Amount, until end: WallTime) throws -> Int64

    /// - Parameters:
    ///   - number: 0: the gateway does not tell it; the oldest that is open for the path.
    ///   - token: of no other one.
    func reservation(_ number: Int64, of token: String, path: String) throws -> Reservation?

    func removeReservation(_ number: Int64) throws

    // MARK: Time

    /// Gives back what is reserved for requests that nobody reported in time.
    ///
    /// - Parameters:
    ///   - token: `nil`: of all.
    ///   - limit: of reservations or, where it takes all of a bundle at once, of bundles.
    /// - Returns: how many reservations; fewer than `limit` when there are no more.
    func expire(at now: WallTime, of token: String?, limit: Int) throws -> Int

    /// Forgets reservations that have expired, and bundles that nobody has drawn from.
    ///
    /// - Parameters:
    ///   - expired: reservations whose time ended so early.
    ///   - sold: bundles that were sold so early.
    func forget(expiredBy expired: WallTime, soldBy sold: WallTime) throws
}
