#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A small file that only its owner may read and that processes change one after the other.
struct LockedFile: Sendable {
    let path: String

    /// `nil` when there is none. Whoever reads sees an old or a new content, never a part of one.
    func content() throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return Array(try Data(contentsOf: URL(filePath: path)))
    }

    /// Runs `body` while no other process and no other task runs one for this file.
    ///
    /// The lock is on a file beside it (flock(2)), because the file itself is replaced; it ends with the process too.
    func locked<Result>(_ body: () throws -> Result) throws -> Result {
        try makeFolder()
        let descriptor = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CannotWrite("\(path).lock") }
        // Closing gives the lock back.
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw CannotWrite("\(path).lock") }
        }
        return try body()
    }

    /// Writes a new file beside the old one and puts it in its place; never readable by others, not even for a moment.
    /// Only while it is locked.
    func replace(_ content: some Sequence<UInt8>) throws {
        let temporary = "\(path).new"
        // What a process left there that was killed.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CannotWrite(temporary) }
        defer { close(descriptor) }
        guard Terminal.write(content, to: descriptor), fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            defer { unlink(temporary) }
            throw CannotWrite(path)
        }
        syncFolder()
    }

    /// So that the new name is there after a power failure too, as far as the file system can do that.
    private func syncFolder() {
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private var folder: String {
        let end = path.lastIndex(of: "/")
        return end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ""
    }

    private func makeFolder() throws {
        guard !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) else { return }
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    struct CannotWrite: Error, CustomStringConvertible {
        let description: String

        /// What `errno` says now.
        init(_ path: String) {
            description = "\(path): \(String(cString: strerror(errno)))"
        }
    }
}
