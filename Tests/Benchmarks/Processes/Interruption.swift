internal import Foundation
internal import Synchronization

/// Ends the benchmark in order on SIGINT, SIGTERM and SIGHUP.
///
/// The children are stopped, so that what is being measured fails; whoever measures then cleans up and ends.
struct Interruption {
    private static let received = Mutex<Int32?>(nil)

    private let sources: [any DispatchSourceSignal]

    init(cleaning workspace: Workspace) {
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // Not SIG_IGN, which the programs that are started would inherit.
            signal(number) { _ in }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                Self.received.withLock { $0 = number }
                Progress.say("interrupted")
                Children.all.stop()
                // Long enough for what waits for an answer; by then the process has ended.
                Thread.sleep(forTimeInterval: 10)
                workspace.remove()
                exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    /// What the process ends with when it was interrupted, as a shell has it.
    var status: Int32? { Self.received.withLock { $0 }.map { 128 + $0 } }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
