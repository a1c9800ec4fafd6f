internal import Foundation

/// How many files a process may have open.
enum FileLimit {
    private static let wanted = rlim_t(65_536)

    /// Raises the limit of this process and of what it starts, as far as it may.
    ///
    /// - Returns: what it is now.
    static func raised() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        // Only a privileged process may raise the hard limit, too.
        var raised = rlimit(rlim_cur: max(limit.rlim_cur, wanted), rlim_max: max(limit.rlim_max, wanted))
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) != 0 {
            raised = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
            guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 else {
                return Int(limit.rlim_cur)
            }
        }
        return Int(raised.rlim_cur)
    }
}
