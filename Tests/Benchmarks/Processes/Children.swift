internal import Foundation
internal import Synchronization

/// The processes that are running now, so that whatever ends the benchmark ends them too.
final class Children: Sendable {
    static let all = Children()

    private struct State {
        var groups: Set<pid_t> = []
        var isClosed = false
    }

    private let state = Mutex(State())

    /// True once the benchmark is ending.
    var areStopped: Bool { state.withLock { $0.isClosed } }

    /// Starts a process, as the leader of a group of its own (Foundation sees to that).
    ///
    /// - Throws: `BenchFailure` when the benchmark is ending already.
    func start(_ process: Process) throws {
        try state.withLock { state in
            guard !state.isClosed else { throw BenchFailure("interrupted") }
            try process.run()
            state.groups.insert(process.processIdentifier)
        }
    }

    /// Ends a group: asks first, and kills what is left after two seconds.
    func stop(_ group: pid_t) {
        kill(-group, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(2)
        while kill(-group, 0) == 0, ContinuousClock.now < deadline {
            Thread.sleep(forTimeInterval: 0.005)
        }
        kill(-group, SIGKILL)
        _ = state.withLock { $0.groups.remove(group) }
    }

    /// Ends all, and lets none start any more.
    func stop() {
        let groups = state.withLock { state in
            state.isClosed = true
            return state.groups
        }
        for group in groups { kill(-group, SIGTERM) }
        for group in groups { stop(group) }
    }
}
