package import GatewayKit

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How many files and connections the process may have open at the same time.
package struct OpenFileLimit: Hashable, Sendable, CustomStringConvertible {
    /// Held by what is not a connection: listeners, event loops, the store, logs.
    private static let others = 128
    /// Connections that a listener takes in any case.
    private static let fewest = 64

    /// `nil`: any number.
    package let count: UInt64?

    package init(_ count: UInt64?) {
        self.count = count
    }

    /// Raises this process's limit as far as it may itself; `nil` when the system does not tell.
    package static func raised() -> OpenFileLimit? {
        guard var limit = current() else { return nil }
        if limit.rlim_cur != limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            set(limit)
            limit = current() ?? limit
        }
        return OpenFileLimit(limit.rlim_cur == infinity ? nil : UInt64(limit.rlim_cur))
    }

    /// These listeners, with a number of connections where the policy names none: what files are left for, in equal
    /// shares, up to the usual number.
    package func fitting(_ listeners: [ListenerSettings]) -> [ListenerSettings] {
        let open = listeners.count { $0.maxConnections == nil }
        guard let count, open > 0 else { return listeners }
        let named = listeners.reduce(0) { $0 + ($1.maxConnections ?? 0) }
        let room = (Int(clamping: count) - Self.others) / 2 - named
        let share = min(max(room / open, Self.fewest), ListenerSettings.usualConnections)
        return listeners.map { listener in
            var listener = listener
            listener.maxConnections = listener.maxConnections ?? share
            return listener
        }
    }

    /// What will go wrong with the numbers that a policy names, in a sentence; `nil`: nothing. A request that is
    /// forwarded holds a connection of its client and one to the upstream.
    package func warning(for listeners: [ListenerSettings]) -> String? {
        let connections = listeners.reduce(0) { $0 + ($1.maxConnections ?? 0) }
        guard connections > 0 else { return nil }
        let needed = UInt64(clamping: connections * 2 + Self.others)
        guard let count, count < needed else { return nil }
        return "\(count) files may be open, and \(connections) connections of clients need up to \(needed):"
            + " raise the hard limit (ulimit -Hn, LimitNOFILE=), or lower 'max-connections'"
    }

    package var description: String { count.map { "\($0)" } ?? "unlimited" }

    #if canImport(Glibc)
        /// `RLIM_INFINITY`, whose definition Swift takes for a negative number.
        private static let infinity = rlim_t.max

        private static func current() -> rlimit? {
            var limit = rlimit()
            return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit : nil
        }

        private static func set(_ limit: rlimit) {
            var limit = limit
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    #else
        private static let infinity = RLIM_INFINITY

        private static func current() -> rlimit? {
            var limit = rlimit()
            return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit : nil
        }

        private static func set(_ limit: rlimit) {
            var limit = limit
            // Darwin allows no process more than OPEN_MAX, whatever the hard limit says (setrlimit(2)).
            limit.rlim_cur = min(limit.rlim_max, rlim_t(OPEN_MAX))
            _ = setrlimit(RLIMIT_NOFILE, &limit)
        }
    #endif
}
