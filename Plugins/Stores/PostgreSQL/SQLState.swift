/// How the server names a failure, in five characters (PostgreSQL, "Appendix A. PostgreSQL Error Codes").
package struct SQLState: Hashable, Sendable, CustomStringConvertible {
    package static let serialisationFailure = SQLState("40001")
    package static let deadlock = SQLState("40P01")
    package static let failedTransaction = SQLState("25P02")
    package static let cancelled = SQLState("57014")

    package let description: String

    package init(_ code: String) {
        description = code
    }

    /// The server gave a transaction up for others, and has kept nothing of it: the same may well succeed the next time.
    package var isPassing: Bool { self == .serialisationFailure || self == .deadlock }

    /// What an operator can do something about, in words; `nil`: the server's own say more.
    var sentence: String? {
        switch description {
        case "22021", "22P05": "it cannot hold a text"
        case "25006": "it cannot be written: is it a standby?"
        case "25P02": "a statement failed before"
        case "40001", "40P01": "others change the same all the time"
        case "42501": "permission denied"
        case "42P01", "3F000": "a table is missing: restore a backup"
        case "53100": "the disk is full"
        case "53200": "the server has no memory left"
        case "53300": "the server has too many connections"
        case "55P03": "another process keeps it locked"
        case "57014": "it took longer than it may"
        case "57P01", "57P02", "57P03": "the server stops or starts"
        default: nil
        }
    }
}
