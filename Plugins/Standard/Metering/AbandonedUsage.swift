package import GatewayKit

/// What a request has cost whose meter is gone with its route, so that nobody can say it.
package enum AbandonedUsage {
    /// For the books.
    package static let reason = "no route has its meter"

    /// What was served costs what was reserved for it: the client agreed to that, and may not have used more. Of what failed,
    /// or is not known to have been served, nothing is taken, as of a request whose process died.
    ///
    /// What a meter keeps itself is its own to free.
    package static func cost(of usage: MeteredUsage) -> Amount {
        let response = usage.response
        guard let status = response.status, (200...299).contains(status), response.byteCount > 0 else { return .zero }
        let account = usage.reservation.account
        return account.form == .session ? account.taken : Amount(millisatoshis: usage.reservation.reserved)
    }
}
