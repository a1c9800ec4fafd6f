internal import GatewayPolicy
internal import GatewayServer
internal import NIOPosix

/// Looks for changes of the files that a policy was read from, and has them taken up.
///
/// Files are looked at twice a second rather than watched: what is read may be replaced, moved, linked or not there yet,
/// and on any file system. A change is taken up once nothing has changed between two looks, so that a file that is being
/// written, or one of several, is not.
struct PolicyWatch {
    private static let pause = Duration.milliseconds(500)

    /// What there is to see from outside.
    private struct Sight: Hashable, Sendable {
        private let files: [String: FileStamp?]
        private let folders: [String: [String]?]

        init(of files: RecordingFiles) {
            self.files = Dictionary(files.readFiles.map { ($0, FileStamp(path: $0)) }) { first, _ in first }
            let disk = DiskFiles()
            folders = Dictionary(files.readFolders.map { ($0, disk.names(in: $0)?.sorted()) }) { first, _ in first }
        }
    }

    private let reload: GatewayReload

    init(_ reload: GatewayReload) {
        self.reload = reload
    }

    /// Until it is cancelled.
    func follow() async {
        var files = await reload.files
        // `nil`: what was read may have changed since, and before it was looked at.
        var known: Sight?
        while (try? await Task.sleep(for: Self.pause)) != nil {
            guard await reload.policy.plan.reload.watches else { continue }
            let current = await reload.files
            if current !== files {
                files = current
                known = nil
            }
            let seen = await Self.look(at: files)
            guard seen != known else { continue }
            if known == nil, await Self.isCurrent(files) {
                known = seen
                continue
            }
            guard let settled = await Self.settled(seen, of: files) else { return }
            known = settled
            guard await !Self.isCurrent(files) else { continue }
            _ = await reload.reload(because: "a changed file")
        }
    }

    /// What is seen once it is the same twice in a row; `nil` when there is no more time.
    private static func settled(_ seen: Sight?, of files: RecordingFiles) async -> Sight? {
        var seen = seen
        while (try? await Task.sleep(for: pause)) != nil {
            let again = await look(at: files)
            if again == seen { return again }
            seen = again
        }
        return nil
    }

    private static func look(at files: RecordingFiles) async -> Sight? {
        try? await NIOThreadPool.singleton.runIfActive { Sight(of: files) }
    }

    private static func isCurrent(_ files: RecordingFiles) async -> Bool {
        (try? await NIOThreadPool.singleton.runIfActive { files.isCurrent() }) ?? true
    }
}
