import GatewayPolicy
import Testing

/// What a reload looks at for changes.
struct RecordingFilesTests {
    @Test func `a folder that was looked for and not there is missed once it comes`() {
        let before = RecordingFiles(MemoryFiles([:]))
        _ = before.names(in: "teams")
        let after = RecordingFiles(MemoryFiles(["teams/a.yaml": "version: 1\n"]))
        _ = after.names(in: "teams")
        #expect(before.readFolders == ["teams"])
        #expect(before.isCurrent())
        #expect(!before.isAlike(after))
    }
}
