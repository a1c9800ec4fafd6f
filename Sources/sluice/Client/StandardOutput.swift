#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Where an answer goes. A reader that leaves early is no mistake; a full disk is one.
enum StandardOutput {
    /// Writes all of it, however much the descriptor takes at a time.
    ///
    /// - Returns: false when nobody reads any more (EPIPE).
    /// - Throws: `CommandFailure` when it cannot be written for another reason.
    static func write(_ bytes: some Sequence<UInt8>) throws -> Bool {
        let bytes = Array(bytes)
        var written = 0
        while written < bytes.count {
            let (count, code) = bytes[written...].withUnsafeBytes { rest in
                let count = systemWrite(rest)
                return (count, count < 0 ? errno : 0)
            }
            switch code {
            case 0: written += count
            case EINTR: continue
            case EPIPE: return false
            default: throw CommandFailure(.failed, "cannot write the answer: \(String(cString: strerror(code)))")
            }
        }
        return true
    }

    private static func systemWrite(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
        #endif
    }
}
