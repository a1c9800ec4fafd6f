/// Counts what may happen so many times and no more: requests that cost nothing, proofs that count once.
///
/// All of it may be called from any thread.
public protocol Counting: Sendable {
    /// Counts one more, unless the limit is reached.
    ///
    /// Until the counter's end no more than `limit` callers are told `.counted`, in any number of processes and over any
    /// number of restarts, but for those whose count was taken back. After a crash it may be fewer, by a quarter of the
    /// limit at the most.
    func count(_ counter: Counter, upTo limit: Int) async throws -> Counted

    /// The same where it is known without waiting; `nil` where it is not, and nothing was counted.
    func countAtOnce(_ counter: Counter, upTo limit: Int) -> Counted?

    /// Takes back one that was counted. Returns at once; another process may learn of it later, or not at all.
    func uncount(_ counter: Counter)

    /// Takes several at once, all of them or none: amounts of money, say.
    ///
    /// Unlike `count` it takes nothing in advance, so that a crash loses none of what is left. What was taken is on disk
    /// before the answer. A counter is either counted or taken from, never both.
    ///
    /// - Returns: `.full` when fewer than `amount` are left; nothing was taken then.
    func take(_ amount: Int, of counter: Counter, upTo limit: Int) async throws -> Counted

    /// Gives back what was taken. Returns at once, and is written soon after.
    func giveBack(_ amount: Int, of counter: Counter)
}

/// Something that is counted until its end.
public struct Counter: Hashable, Sendable {
    /// Keys of different plugins do not meet: each begins with the plugin's word and a `/`.
    public let key: String
    /// When the store may forget it, the same for everybody who counts by this key. Stores wait a while longer, so that
    /// a clock that is set back opens nothing.
    public let end: WallTime

    public init(_ key: String, end: WallTime) {
        self.key = key
        self.end = end
    }
}

/// What became of a count.
public enum Counted: Hashable, Sendable {
    /// `left`: how many more there may be, as far as this process knows.
    case counted(left: Int)
    /// The limit was reached before.
    case full
}

/// For stores that are there for something else: whoever asks is refused.
extension Counting {
    public func count(_ counter: Counter, upTo limit: Int) async throws -> Counted {
        throw StoreFailure("this store does not count")
    }

    public func countAtOnce(_ counter: Counter, upTo limit: Int) -> Counted? { nil }
    public func uncount(_ counter: Counter) {}

    public func take(_ amount: Int, of counter: Counter, upTo limit: Int) async throws -> Counted {
        throw StoreFailure("this store does not count")
    }

    public func giveBack(_ amount: Int, of counter: Counter) {}
}
