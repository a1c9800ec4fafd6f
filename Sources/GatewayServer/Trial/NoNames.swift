internal import NIOCore

/// Nobody connects, so nobody needs an address.
struct NoNames: NameResolver {
    func addresses(of name: String, port: Int) async throws -> [SocketAddress] { [] }
}
