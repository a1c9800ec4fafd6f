internal import NIOCore

/// Something that has bytes for its socket.
protocol Flushing: AnyObject {
    /// Called once for each time that it was added to a queue.
    func flushDue()
}

/// What is to be written by the end of this turn of the event loop. Belongs to that loop.
///
/// A turn reads from many connections. Writing after all of them, and not after each, lets what comes together for one
/// connection go out in one piece, and wakes the process at the other end once.
final class FlushQueue {
    private let eventLoop: NIOIsolatedEventLoop
    private var due: [any Flushing] = []
    /// Storage for the next turn.
    private var spare: [any Flushing] = []

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop.assumeIsolated()
    }

    func add(_ connection: any Flushing) {
        due.append(connection)
        guard due.count == 1 else { return }
        eventLoop.execute { self.run() }
    }

    private func run() {
        swap(&due, &spare)
        for connection in spare {
            connection.flushDue()
        }
        spare.removeAll(keepingCapacity: true)
    }
}
