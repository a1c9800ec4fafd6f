package import NIOCore

/// Says where a name is. Asked from several threads, none of them an event loop's.
package protocol NameResolver: Sendable {
    /// - Throws: when it has no answer. No address is none either.
    func addresses(of host: String, port: Int) async throws -> [SocketAddress]
}
