/// Ports on loopback that nobody uses.
enum FreePort {
    /// One that was free a moment ago.
    static func next() throws -> Int {
        let socket = try Socket(listeningOn: 0)
        defer { socket.close() }
        return try socket.port()
    }
}
