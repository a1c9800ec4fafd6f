#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The lines of a file, one after the other, in memory that does not grow with it.
package struct LogLines {
    /// No line of an access log is longer; the rest of one that is, is passed over.
    package static let longest = 256 * 1_024
    private static let chunk = 64 * 1_024

    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// Why the rest could not be read; `nil`: it could.
    package private(set) var failure: String?

    /// - Parameter path: `-`: standard input.
    /// - Throws: `CommandFailure` when it cannot be read.
    package init(_ path: String) throws {
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.notFound, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
    }

    package func close() {
        if descriptor != STDIN_FILENO { closeDescriptor(descriptor) }
    }

    /// Without its line end; `nil` at the end. `isWhole` is false for one that is too long, or has no line end.
    package mutating func next() -> (line: [UInt8], isWhole: Bool)? {
        var isTooLong = false
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[start..<end])
                start = end + 1
                return (line, !isTooLong)
            }
            if buffer.count - start > Self.longest {
                isTooLong = true
                start = buffer.count
            }
            guard !isAtEnd else {
                guard start < buffer.count || isTooLong else { return nil }
                let line = Array(buffer[start...])
                start = buffer.count
                return (line, false)
            }
            read()
        }
    }

    private mutating func read() {
        buffer.removeFirst(start)
        start = 0
        var chunk = [UInt8](repeating: 0, count: Self.chunk)
        let count = chunk.withUnsafeMutableBytes { readDescriptor(descriptor, $0) }
        if count > 0 {
            buffer += chunk[..<count]
        } else if count == 0 {
            isAtEnd = true
        } else if errno != EINTR {
            failure = String(cString: strerror(errno))
            isAtEnd = true
        }
    }
}

private func readDescriptor(_ descriptor: CInt, _ memory: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, memory.baseAddress, memory.count)
}

private func closeDescriptor(_ descriptor: CInt) {
    _ = close(descriptor)
}
