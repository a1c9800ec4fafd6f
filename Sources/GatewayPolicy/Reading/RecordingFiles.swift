internal import NIOConcurrencyHelpers

/// Files that know what was read of them: what a reload has to look at.
package final class RecordingFiles: PolicyFiles {
    /// As far as it can be compared within this process: contents by a hash. `nil` where there was nothing.
    private struct Seen: Equatable {
        var files: [String: Int?] = [:]
        var folders: [String: [String]?] = [:]
    }

    private let files: any PolicyFiles
    private let seen = NIOLockedValueBox(Seen())

    package init(_ files: any PolicyFiles = DiskFiles()) {
        self.files = files
    }

    /// Every file that was asked for, those among them that could not be read; sorted.
    package var readFiles: [String] { seen.withLockedValue { $0.files.keys.sorted() } }
    /// Every path that was looked into as a folder, be it none; sorted.
    package var readFolders: [String] { seen.withLockedValue { $0.folders.keys.sorted() } }

    package func contents(of path: String) throws -> [UInt8] {
        let result = Result { try files.contents(of: path) }
        let hash = (try? result.get())?.hashValue
        seen.withLockedValue { _ = $0.files.updateValue(hash, forKey: path) }
        return try result.get()
    }

    package func names(in path: String) -> [String]? {
        let names = files.names(in: path)
        seen.withLockedValue { _ = $0.folders.updateValue(names?.sorted(), forKey: path) }
        return names
    }

    /// True when the other has read the same, and found the same in it.
    package func isAlike(_ other: RecordingFiles) -> Bool {
        seen.withLockedValue { $0 } == other.seen.withLockedValue { $0 }
    }

    /// True when what was read would be read again. Reads all of it.
    package func isCurrent() -> Bool {
        let again = RecordingFiles(files)
        for path in readFiles { _ = try? again.contents(of: path) }
        for path in readFolders { _ = again.names(in: path) }
        return isAlike(again)
    }
}
