internal import GatewayKit

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that is replaced as a whole: whoever opens it finds the old content or the new, also after a power cut.
struct DurableFile {
    let folder: String
    let name: String

    var path: String { "\(folder)/\(name)" }

    /// Makes the folder too, for its owner alone. Blocks: not for an event loop.
    ///
    /// - Parameter mode: whose the new file is, whatever the mode of the old one.
    func write(_ bytes: [UInt8], mode: mode_t) throws(StartFailure) {
        try makeFolders()
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure("create", draft) }
        // Gone already when all went well.
        defer { unlink(draft) }
        defer { close(descriptor) }
        try Self.write(bytes, to: descriptor, draft)
        guard fsync(descriptor) == 0 else { throw Self.failure("write", draft) }
        guard rename(draft, path) == 0 else { throw Self.failure("replace", path) }
        try syncFolder()
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt, _ name: String) throws(StartFailure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                return systemWrite(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write", name)
            }
            written += count
        }
    }

    private func makeFolders() throws(StartFailure) {
        var made = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            made += "\(part)/"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
                throw Self.failure("create the folder", made)
            }
        }
    }

    private func syncFolder() throws(StartFailure) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open the folder", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("write the folder", folder) }
    }

    private static func failure(_ verb: String, _ name: String) -> StartFailure {
        StartFailure("cannot \(verb) \(name), which TLS needs: \(String(cString: strerror(errno)))")
    }
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
