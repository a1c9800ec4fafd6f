internal import Foundation

/// The keys that begin with a prefix, in the order of their bytes: `start` up to but not including `end`.
///
/// A range and no `LIKE`, for which `%` and `_` would not stand for themselves.
struct KeyRange: Sendable {
    let start: Data
    /// `nil`: no end, because every key begins with an empty prefix.
    let end: Data?

    init(prefix: String) {
        start = Data(prefix.utf8)
        guard let last = start.last else {
            end = nil
            return
        }
        // The last byte of UTF-8 is never 0xFF (RFC 3629 §1), so it has a successor.
        end = start.dropLast() + [last &+ 1]
    }
}
