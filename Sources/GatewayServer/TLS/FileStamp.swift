#if canImport(Glibc)
    // Optimised builds take the members of `stat` for this module's, which includes the system's headers.
    internal import CoreFoundation
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Tells whether a file is still the one that was read: another file in its place, or other content or rights, has
/// another stamp. Links are followed, so a link that is moved to a new certificate counts.
package struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    /// The bytes of the system's times: compared, never read. In optimised builds their members are not always visible.
    private let modified: [UInt8]
    private let changed: [UInt8]

    /// `nil` when there is no such file, or one that may not be looked at.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Darwin)
            let (modification, change) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modification, change) = (status.st_mtim, status.st_ctim)
        #endif
        modified = withUnsafeBytes(of: modification) { Array($0) }
        changed = withUnsafeBytes(of: change) { Array($0) }
    }
}
