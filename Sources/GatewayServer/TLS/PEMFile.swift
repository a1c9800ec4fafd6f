internal import GatewayKit

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file of certificates or a key, as it was at one moment.
struct PEMFile: Sendable {
    /// More than the roots of any system: Debian's bundle has about 220 kB.
    private static let largestCount = 4 * 1024 * 1024

    let path: String
    /// Never empty.
    let bytes: [UInt8]
    /// Taken before the bytes were read: a file that changes meanwhile is seen as changed afterwards.
    let stamp: FileStamp

    /// Blocks: not for an event loop.
    ///
    /// - Parameter content: what the file should hold, for the message: `the certificate`.
    init(reading path: String, content: String) throws(StartFailure) {
        // Without O_NONBLOCK, a pipe in the file's place would hold up the start for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path, content) }
        defer { close(descriptor) }
        guard let stamp = FileStamp(descriptor: descriptor) else { throw Self.failure(path, content) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count <= Self.largestCount {
            let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(path, content)
            }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        guard !bytes.isEmpty else { throw StartFailure("\(path) should hold \(content) but is empty") }
        guard bytes.count <= Self.largestCount else {
            throw StartFailure("\(path) should hold \(content) but is larger than \(Self.largestCount) bytes")
        }
        self.path = path
        self.bytes = bytes
        self.stamp = stamp
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func failure(_ path: String, _ content: String) -> StartFailure {
        StartFailure("cannot read \(path), which should hold \(content): \(String(cString: strerror(errno)))")
    }
}

private func systemRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
