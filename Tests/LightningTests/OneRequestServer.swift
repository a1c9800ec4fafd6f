import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An HTTP server on a free loopback port that takes one request and gives one answer.
final class OneRequestServer: Sendable {
    let port: UInt16
    private let listening: Int32
    private let answer: String

    init?(status: String = "200 OK", body: String) {
        answer = """
            HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\
            Connection: close\r\n\r\n\(body)
            """
        #if canImport(Glibc)
            listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            listening = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let file = listening
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(file, pointer, length) == 0 && listen(file, 1) == 0 && getsockname(file, pointer, &length) == 0
            }
        }
        guard isBound else { return nil }
        port = UInt16(bigEndian: address.sin_port)
    }

    /// The one request, as it came. Call it once.
    func serve() async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: self.exchange())
            }
        }
    }

    private func exchange() -> String {
        let connection = accept(listening, nil, nil)
        defer {
            _ = close(connection)
            _ = close(listening)
        }
        var request = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while !Self.isComplete(request) {
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { break }
            request += chunk.prefix(count)
        }
        let bytes = Array(answer.utf8)
        _ = write(connection, bytes, bytes.count)
        return String(decoding: request, as: UTF8.self)
    }

    private static func isComplete(_ request: [UInt8]) -> Bool {
        let text = String(decoding: request, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"),
            let length = text.lowercased().range(of: "content-length: ")
        else { return false }
        let digits = text[length.upperBound...].prefix { $0.isNumber }
        return text[end.upperBound...].utf8.count >= Int(digits) ?? 0
    }
}
