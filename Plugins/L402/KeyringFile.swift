package import GatewayKit

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The file that holds the keyring. Whoever reads it can make tokens: it is its owner's alone.
package struct KeyringFile: Sendable {
    /// More than any keyring needs.
    private static let largestCount = 65_536

    private let folder: String
    package let path: String

    package init(dataFolder: String) {
        folder = dataFolder
        path = "\(dataFolder)/l402.keyring"
    }

    /// The keyring; a new one with one random key when there is none yet.
    ///
    /// Of any number of processes that start together, one makes the file and all read it.
    package func load() throws(StartFailure) -> Keyring {
        if let text = try read() { return try keyring(of: text) }
        try create()
        guard let text = try read() else {
            throw StartFailure("the keyring \(path) disappeared while it was being read")
        }
        return try keyring(of: text)
    }

    private func keyring(of text: String) throws(StartFailure) -> Keyring {
        do {
            return try Keyring(parsing: text)
        } catch {
            throw StartFailure(
                "the keyring \(path) is damaged: \(error); put back a copy of it, or move it away to begin with"
                    + " new keys, which ends every token that was sold"
            )
        }
    }

    /// `nil` when there is no file.
    private func read() throws(StartFailure) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read", path)
        }
        defer { close(descriptor) }
        try refuseOthers(descriptor)
        var bytes = [UInt8](repeating: 0, count: Self.largestCount + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                let free = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                return systemRead(descriptor, free.baseAddress, free.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            if count == 0 { break }
            filled += count
        }
        guard filled <= Self.largestCount else { throw StartFailure("\(path) is too long to be a keyring") }
        return String(decoding: bytes[..<filled], as: UTF8.self)
    }

    /// Others may have read the keys, or put their own there. Not told of a folder: reading it says what is wrong.
    private func refuseOthers(_ descriptor: CInt) throws(StartFailure) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 else { return }
        let mode = String(status.st_mode & 0o777, radix: 8)
        throw StartFailure(
            "the keyring \(path) is open to others (mode 0\(mode)), and whoever has it can make tokens: chmod 600 \(path)"
        )
    }

    /// Writes a new keyring beside the place and links it there, which fails when another process was first.
    private func create() throws(StartFailure) {
        try makeFolders()
        let draft = "\(path).\(Hex.encoded(Bytes32.random().array.prefix(8)))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", draft) }
        defer { unlink(draft) }
        defer { close(descriptor) }
        let text =
            "# Signs the L402 tokens of this gateway. Each line: generation and key; the newest signs.\n"
            + "# Keep it secret, and keep a copy: without it no token that was sold is worth anything.\n"
            + "1 \(Bytes32.random().hex)\n"
        try write(Array(text.utf8), to: descriptor, draft)
        guard fsync(descriptor) == 0 else { throw failure("write", draft) }
        guard link(draft, path) == 0 else {
            if errno == EEXIST { return }
            throw failure("create", path)
        }
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

    /// Makes the data folder, for its owner alone, and those above it.
    private func makeFolders() throws(StartFailure) {
        var made = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            made += "\(part)/"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
                throw failure("create the folder", made)
            }
        }
    }

    /// The new name itself must survive a power cut: tokens are sold from now on.
    private func syncFolder() throws(StartFailure) {
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open the folder", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write the folder", folder) }
    }

    private func failure(_ verb: String, _ name: String) -> StartFailure {
        let reason = String(cString: strerror(errno))
        return StartFailure("cannot \(verb) \(name), which L402 tokens need: \(reason)")
    }
}

private func systemRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
