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

    private let file: DurableFile
    private let power: String

    package var path: String { file.path }

    /// - Parameters:
    ///   - dependents: what needs it, for messages: `L402 tokens`.
    ///   - power: what whoever has it can do, for messages: `make tokens`.
    package init(dataFolder: String, name: String, dependents: String, power: String) {
        file = DurableFile(folder: dataFolder, name: name, need: "\(dependents) need")
        self.power = power
    }

    /// What the file says; `text` when there is none yet, which is written first.
    ///
    /// Of any number of processes that start together, one makes the file and all read it.
    package func load(orCreate text: @autoclosure () -> String) throws(StartFailure) -> String {
        if let text = try read() { return text }
        try file.create(Array(text().utf8), mode: 0o600)
        guard let text = try read() else {
            throw StartFailure("the keyring \(path) disappeared while it was being read")
        }
        return text
    }

    /// `nil` when there is no file.
    package func read() throws(StartFailure) -> String? {
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
            "the keyring \(path) is open to others (mode 0\(mode)), and whoever has it can \(power):"
                + " chmod 600 \(path)"
        )
    }
}

private func systemRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
