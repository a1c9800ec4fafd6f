internal import Foundation

/// A TCP socket on 127.0.0.1, with what the loads of the benchmark itself need; whoever opens it closes it.
struct Socket: Hashable {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    init(connectingTo port: Int) throws {
        try self.init()
        do {
            try withAddress(port) { try check(connect(descriptor, $0, $1), "connect to \(port)") }
            try set(TCP_NODELAY, level: Int32(IPPROTO_TCP), to: 1 as Int32)
            // What does not answer must not hold up the benchmark.
            try set(SO_RCVTIMEO, level: SOL_SOCKET, to: timeval(tv_sec: 5, tv_usec: 0))
        } catch {
            close()
            throw error
        }
    }

    /// - Parameter port: 0 for any free one.
    init(listeningOn port: Int) throws {
        try self.init()
        do {
            try set(SO_REUSEADDR, level: SOL_SOCKET, to: 1 as Int32)
            try withAddress(port) { try check(bind(descriptor, $0, $1), "bind \(port)") }
            try check(listen(descriptor, 4_096), "listen")
        } catch {
            close()
            throw error
        }
    }

    private init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try check(descriptor, "open a socket")
    }

    // MARK: Bytes

    /// - Returns: how many were sent; below 0 when none could be.
    func send(_ bytes: UnsafeRawBufferPointer, waits: Bool = true) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        return Foundation.send(descriptor, bytes.baseAddress, bytes.count, flags)
    }

    func send(_ bytes: [UInt8], waits: Bool = true) -> Int {
        bytes.withUnsafeBytes { send($0, waits: waits) }
    }

    /// - Returns: how many came; 0 at the end; below 0 when none did.
    func receive(into buffer: UnsafeMutableRawBufferPointer, waits: Bool = true) -> Int {
        recv(descriptor, buffer.baseAddress, buffer.count, waits ? 0 : Int32(MSG_DONTWAIT))
    }

    // MARK: Life

    func port() throws -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        try check(result, "read a port")
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// `nil` once the listener is closed.
    func accepted() -> Socket? {
        let descriptor = accept(descriptor, nil, nil)
        return descriptor < 0 ? nil : Socket(descriptor: descriptor)
    }

    func setReceiveTimeout(seconds: Int) throws {
        try set(SO_RCVTIMEO, level: SOL_SOCKET, to: timeval(tv_sec: seconds, tv_usec: 0))
    }

    /// Closes it so that neither side remembers the connection: thousands of them would use up the ports.
    func reset() {
        try? set(SO_LINGER, level: SOL_SOCKET, to: linger(l_onoff: 1, l_linger: 0))
        close()
    }

    /// Wakes whoever waits for it.
    func shutDown() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    func close() {
        Foundation.close(descriptor)
    }

    // MARK: Calls

    private func set<Value>(_ option: Int32, level: Int32, to value: Value) throws {
        let result = withUnsafeBytes(of: value) {
            setsockopt(descriptor, level, option, $0.baseAddress, socklen_t($0.count))
        }
        try check(result, "set a socket's option")
    }

    private func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        try withUnsafePointer(to: address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private func check(_ result: Int32, _ what: String) throws {
        guard result < 0 else { return }
        throw BenchFailure("cannot \(what): \(String(cString: strerror(errno)))")
    }
}
