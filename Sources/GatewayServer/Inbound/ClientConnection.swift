internal import NIOCore

/// A connection that a client opened, whatever it speaks. Belongs to a worker and its event loop.
protocol ClientConnection: AnyObject {
    /// Where it stands in the worker's list.
    var index: Int { get set }
    /// Called several times a second.
    func checkDeadlines(now: NIODeadline)
    /// Takes no further requests, and closes when the last exchange is over.
    func drain()
    /// Ends what still runs, and closes.
    func expire()
}
