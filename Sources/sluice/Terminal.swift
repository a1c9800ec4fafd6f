#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Where the commands write.
enum Terminal {
    /// True when a person reads it; a pipe gets JSON.
    static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

    static func standardOutput(_ line: String) {
        write(Array((line + "\n").utf8), to: STDOUT_FILENO)
    }

    static func standardError(_ line: String) {
        write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    /// Writes all of it, however much the descriptor takes at a time.
    ///
    /// - Returns: false when nobody reads any more.
    @discardableResult
    static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32 = STDOUT_FILENO) -> Bool {
        let bytes = Array(bytes)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { systemWrite(descriptor, $0) }
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            written += count
        }
        return true
    }

    private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
