import GatewayKit
import Testing
import sluice

struct OpenFileLimitTests {
    private func listener(_ connections: Int?) -> ListenerSettings {
        var settings = ListenerSettings(host: "127.0.0.1", port: 0)
        settings.maxConnections = connections
        return settings
    }

    @Test func `the limit is as high as it may be`() throws {
        let limit = try #require(OpenFileLimit.raised())
        #expect(OpenFileLimit.raised() == limit)
    }

    @Test func `listeners with more connections than there may be files are a warning`() throws {
        let warning = try #require(OpenFileLimit(1_024).warning(for: [listener(400), listener(200)]))
        #expect(warning.contains("1024 files") && warning.contains("600 connections"))
    }

    @Test func `where the policy names no number there is no warning, but what the limit allows`() {
        let listeners = [listener(nil), listener(100), listener(nil)]
        #expect(OpenFileLimit(1_128).warning(for: listeners) == nil)
        #expect(OpenFileLimit(1_128).fitting(listeners).map(\.maxConnections) == [200, 100, 200])
        #expect(OpenFileLimit(128).fitting(listeners).map(\.maxConnections) == [64, 100, 64])
        #expect(OpenFileLimit(1_000_000).fitting(listeners).map(\.maxConnections) == [65_536, 100, 65_536])
        #expect(OpenFileLimit(nil).fitting(listeners) == listeners)
    }

    @Test func `a limit that is high enough is none`() {
        #expect(OpenFileLimit(1_024).warning(for: [listener(400)]) == nil)
        #expect(OpenFileLimit(nil).warning(for: [listener(1_000_000)]) == nil)
    }
}
