import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A port that takes no more connections and refuses none: whoever connects hears nothing, as behind a firewall.
final class SilentListener {
    struct Failure: Error {}

    private var sockets: [Int32] = []
    let address: SocketAddress

    init() throws {
        let listener = Self.socket()
        sockets = [listener]
        let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        let bound = any.withSockAddr { bind(listener, $0, socklen_t($1)) }
        guard bound == 0, listen(listener, 0) == 0 else { throw Failure() }
        address = try SocketAddress(ipAddress: "127.0.0.1", port: Self.port(of: listener))
        // Nobody accepts these: more than the line has room for.
        for _ in 0..<4 {
            let client = Self.socket()
            sockets.append(client)
            _ = address.withSockAddr { connect(client, $0, socklen_t($1)) }
        }
    }

    deinit {
        for socket in sockets { close(socket) }
    }

    private static func port(of listener: Int32) throws -> Int {
        try withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { name in
            var length = socklen_t(name.count)
            guard let start = name.baseAddress,
                getsockname(listener, start.assumingMemoryBound(to: sockaddr.self), &length) == 0
            else { throw Failure() }
            // `sockaddr_in`: behind the family, the port in the order of the network.
            return Int(name[2]) << 8 | Int(name[3])
        }
    }

    private static func socket() -> Int32 {
        #if canImport(Glibc)
            let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #endif
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL, 0) | O_NONBLOCK)
        return descriptor
    }
}
