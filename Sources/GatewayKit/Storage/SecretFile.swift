#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A small file of secrets in the data folder, which is its owner's alone: a keyring.
package struct SecretFile: Sendable {
    /// More than any keyring needs.
    private static let largestCount = 65_536

    private let folder: String
    package let path: String
    private let dependents: String
    private let power: String

    /// - Parameters:
    ///   - dependents: what needs it, for messages: `L402 tokens`.
    ///   - power: what whoever has it can do, for messages: `make tokens`.
    package init(dataFolder: String, name: String, dependents: String, power: String) {
        folder = dataFolder
        path = "\(dataFolder)/\(name)"
        self.dependents = dependents
        self.power = power
    }

    /// What the file says; `text` when there is none yet, which is written first.
    ///
    /// Of any number of processes that start together, one makes the file and all read it.
    package func load(orCreate text: @autoclosure () -> String) throws(StartFailure) -> String {
        if let text = try read() { return text }
        try create(text())
        guard let text = try read() else {
            throw StartFailure("the keyring \(path) disappeared while it was being read")
        }
        return text
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
            "the keyring \(path) is open to others (mode 0\(mode)), and whoever has it can \(power):"
                + " chmod 600 \(path)"
        )
    }

    /// Writes a new keyring beside the place and links it there, which fails when another process was first.
    private func create(_ text: String) throws(StartFailure) {
        try makeFolders()
        let draft = "\(path).\(Hex.encoded(Bytes32.random().array.prefix(8)))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", draft) }
        defer { unlink(draft) }
        defer { close(descriptor) }
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
        return StartFailure("cannot \(verb) \(name), which \(dependents) need: \(reason)")
    }
}

private func systemRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
