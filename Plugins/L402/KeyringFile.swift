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

    private let file: DurableFile

    package var path: String { file.path }

    package init(dataFolder: String) {
        file = DurableFile(folder: dataFolder, name: "l402.keyring", need: "L402 tokens need")
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
            throw file.failure("read", path)
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
                throw file.failure("read", path)
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
        guard fstat(descriptor, &status) == 0 else { throw file.failure("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 else { return }
        let mode = String(status.st_mode & 0o777, radix: 8)
        throw StartFailure(
            "the keyring \(path) is open to others (mode 0\(mode)), and whoever has it can make tokens: chmod 600 \(path)"
        )
    }

    private func create() throws(StartFailure) {
        let text =
            "# Signs the L402 tokens of this gateway. Each line: generation and key; the newest signs.\n"
            + "# Keep it secret, and keep a copy: without it no token that was sold is worth anything.\n"
            + "1 \(Bytes32.random().hex)\n"
        try file.create(Array(text.utf8), mode: 0o600)
    }
}

private func systemRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
