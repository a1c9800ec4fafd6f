#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that appears as a whole: whoever opens it finds the old content or the new, also after a power cut.
package struct DurableFile: Sendable {
    private let folder: String
    package let path: String
    /// Who needs it, for a message: `TLS needs`.
    private let need: String

    package init(folder: String, name: String, need: String) {
        self.folder = folder
        path = "\(folder)/\(name)"
        self.need = need
    }

    /// Puts a new file in the place of the old one, and makes the folder too, for its owner alone. Blocks: not for an
    /// event loop.
    ///
    /// - Parameter mode: whose the new file is, whatever the mode of the old one.
    package func replace(with bytes: [UInt8], mode: UInt16) throws(StartFailure) {
        try withDraft(of: bytes, mode: mode) { draft throws(StartFailure) in
            guard rename(draft, path) == 0 else { throw failure("replace", path) }
        }
    }

    /// Makes the file, unless there is one: of any number of processes that try, one succeeds and the others leave it as
    /// it is. Makes the folder too, for its owner alone. Blocks: not for an event loop.
    package func create(_ bytes: [UInt8], mode: UInt16) throws(StartFailure) {
        try withDraft(of: bytes, mode: mode) { draft throws(StartFailure) in
            guard link(draft, path) == 0 || errno == EEXIST else { throw failure("create", path) }
        }
    }

    /// Why something did not work with the file: what `errno` says now.
    package func failure(_ verb: String, _ name: String) -> StartFailure {
        StartFailure("cannot \(verb) \(name), which \(need): \(String(cString: strerror(errno)))")
    }

    /// Writes the content beside the place, for `body` to put there.
    private func withDraft(
        of bytes: [UInt8],
        mode: UInt16,
        _ body: (String) throws(StartFailure) -> Void
    ) throws(StartFailure) {
        try makeFolders()
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw failure("create", draft) }
        // Gone already where it was renamed.
        defer { unlink(draft) }
        defer { close(descriptor) }
        try write(bytes, to: descriptor, draft)
        guard fsync(descriptor) == 0 else { throw failure("write", draft) }
        try body(draft)
        try syncFolder()
    }

    private func write(_ bytes: [UInt8], to descriptor: CInt, _ name: String) throws(StartFailure) {
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
                throw failure("create the folder", made)
            }
        }
    }

    /// The new name itself must survive a power cut.
    private func syncFolder() throws(StartFailure) {
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open the folder", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write the folder", folder) }
    }
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
