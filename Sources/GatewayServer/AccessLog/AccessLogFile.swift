package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that an access log is appended to, or one of the two streams that the process was started with.
package final class AccessLogFile: AccessLogSink {
    /// `nil` for a stream, which is neither opened nor closed here.
    private let path: String?
    /// -1 once it is closed.
    private let descriptor: NIOLockedValueBox<CInt>

    /// - Throws: when the file can be neither opened nor created.
    package init(_ destination: AccessLogSettings.Destination) throws(StartFailure) {
        switch destination {
        case .standardOutput:
            path = nil
            descriptor = NIOLockedValueBox(STDOUT_FILENO)
        case .standardError:
            path = nil
            descriptor = NIOLockedValueBox(STDERR_FILENO)
        case .file(let path):
            self.path = path
            do {
                descriptor = NIOLockedValueBox(try Self.openFile(at: path))
            } catch {
                throw StartFailure("cannot open the access log '\(path)': \(error)")
            }
        }
    }

    deinit {
        finish()
    }

    /// One `write(2)`, unless the stream is one that does not block and must be waited for.
    package func writeFront(of bytes: UnsafeRawBufferPointer) throws -> Int {
        let descriptor = descriptor.withLockedValue { $0 }
        while true {
            let count = write(descriptor, bytes.baseAddress, bytes.count)
            if count > 0 { return count }
            let code = count == 0 ? EIO : errno
            switch code {
            case EINTR:
                continue
            case EAGAIN:
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&room, 1, -1)
            default:
                throw IOError(errnoCode: code, reason: "write")
            }
        }
    }

    package func reopen() throws {
        guard let path else { return }
        let opened = try Self.openFile(at: path)
        let before = descriptor.withLockedValue { current in
            defer { current = opened }
            return current
        }
        close(before)
    }

    package func finish() {
        guard path != nil else { return }
        let last = descriptor.withLockedValue { current in
            defer { current = -1 }
            return current
        }
        if last >= 0 {
            close(last)
        }
    }

    /// Others than the owner's group have no business with who asked for what.
    private static func openFile(at path: String) throws(IOError) -> CInt {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "open") }
        return descriptor
    }
}
