/// Connections that made one request each, and then none.
final class IdleConnections {
    private static let request = Array("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)

    private var sockets: [Socket] = []

    init(count: Int, port: Int) throws {
        do {
            for _ in 0..<count {
                let socket = try Socket(connectingTo: port)
                sockets.append(socket)
                try Self.ask(on: socket)
            }
        } catch {
            close()
            throw error
        }
    }

    /// False when the other side has closed one.
    var areOpen: Bool {
        var buffer = [UInt8](repeating: 0, count: 16)
        return sockets.allSatisfy { socket in
            buffer.withUnsafeMutableBytes { socket.receive(into: $0, waits: false) } < 0
        }
    }

    func close() {
        for socket in sockets { socket.reset() }
        sockets = []
    }

    private static func ask(on socket: Socket) throws {
        guard socket.send(request) == request.count else { throw BenchFailure("a connection broke") }
        var answer = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while try !Answer.isWhole(answer) {
            let count = buffer.withUnsafeMutableBytes { socket.receive(into: $0) }
            guard count > 0 else { throw BenchFailure("a request was not answered") }
            answer += buffer[..<count]
        }
    }
}
