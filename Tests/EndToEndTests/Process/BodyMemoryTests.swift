import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// The gateway as a process of its own, so that what it takes of memory is its own too.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct `The memory of a gateway that carries a large body` {
    private static let size = 1 << 30
    private static let most = 32 << 10

    private func policy(_ port: Int) -> String {
        """
        version: 1
        listen: 127.0.0.1:0
        upstreams:
          large: { url: http://127.0.0.1:\(port) }
        routes:
          - name: large
            match: { path: /* }
            pipeline: [ forward: large ]
        """
    }

    /// Runs `body` with a gateway in front of the upstream, and returns the most memory of its own that it took, in KiB.
    private func memory(_ body: (String) async throws -> Void) async throws -> Int {
        let upstream = try await LargeUpstream.start(size: Self.size)
        defer { upstream.close(promise: nil) }
        let sluice = try ServingSluice(policy: policy(upstream.localAddress?.port ?? 0))
        try await body("http://127.0.0.1:\(try await sluice.port())/")
        let memory = try #require(sluice.peakMemory)
        sluice.send(SIGTERM)
        _ = try await sluice.status()
        return memory
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "there is no /proc"))
    func `1 GiB to the client stays under 32 MiB`() async throws {
        let memory = try await memory { url in
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .minutes(4))
            var count = 0
            for try await part in response.body { count += part.readableBytes }
            #expect(count == Self.size)
        }
        #expect(memory < Self.most, "\(memory) KiB")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status"), "there is no /proc"))
    func `1 GiB to the upstream stays under 32 MiB`() async throws {
        let part = ByteBuffer(repeating: 0, count: 64 * 1024)
        let memory = try await memory { url in
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            let parts = AsyncStream(unfolding: Repetition(part, times: Self.size / part.readableBytes).next)
            request.body = .stream(parts, length: .known(Int64(Self.size)))
            let response = try await HTTPClient.shared.execute(request, timeout: .minutes(4))
            #expect(String(buffer: try await response.body.collect(upTo: 100)) == "\(Self.size)")
        }
        #expect(memory < Self.most, "\(memory) KiB")
    }
}

/// The same part again and again, as fast as it is asked for.
private final class Repetition: Sendable {
    private let part: ByteBuffer
    private let remaining: Atomic<Int>

    init(_ part: ByteBuffer, times: Int) {
        self.part = part
        remaining = Atomic(times)
    }

    @Sendable func next() async -> ByteBuffer? {
        remaining.subtract(1, ordering: .relaxed).oldValue > 0 ? part : nil
    }
}
