package import NIOCore

/// A request that is being decided about. May be used from any thread.
package struct PendingDecision: Sendable {
    package let outcome: EventLoopFuture<TrialOutcome>
    private let front: NIOLoopBoundBox<TrialFront?>

    init(outcome: EventLoopFuture<TrialOutcome>, front: NIOLoopBoundBox<TrialFront?>) {
        self.outcome = outcome
        self.front = front
    }

    /// Nobody waits for the outcome any more: ends as where a client closes its connection, so that what was taken for the
    /// request is given back. Changes nothing about one that was decided.
    package func withdraw() {
        front.eventLoop.execute { front.value?.leave() }
    }
}
