import Foundation
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled(if: ProtocolPeer.expects("nginx", "curl", "openssl"), "nginx, curl and openssl are not installed")
)
struct `Protocols: nginx as upstream` {
    // Debian's curl 7.88.1 ends an upgrade with its code 16 now and then where a large answer follows the 101 at once; the
    // peer in Python, which upgrades in `exchanges.py`, does not.
    @Test(arguments: ProtocolFront.allCases.filter { $0 != .upgrade }, NginxFiles.allCases)
    func `files of any size pass whole, with a length and without`(
        front: ProtocolFront,
        upstream: NginxFiles
    ) async throws {
        try await upstream.behindGateway { gateway, _ in
            let curl = Curl(front, gateway)
            for (name, content) in NginxFiles.files {
                let sized = try await curl.ask("/files/\(name)")
                #expect(sized.status == 200)
                #expect(sized.values(of: "content-length") == ["\(content.count)"])
                #expect(sized.body == content, "\(name) with a length")
                let unsized = try await curl.ask("/chunked/\(name)")
                #expect(unsized.status == 200)
                #expect(unsized.body == content, "\(name) without a length")
            }
        }
    }

    @Test(arguments: ProtocolFront.allCases, NginxFiles.allCases)
    func `an upload arrives byte for byte`(front: ProtocolFront, upstream: NginxFiles) async throws {
        try await upstream.behindGateway { gateway, files in
            let curl = Curl(front, gateway)
            for (name, content) in NginxFiles.files {
                let answer = try await curl.ask("/files/new-\(name)", ["--upload-file", "\(files.path)/\(name)"])
                #expect(answer.status == 201)
                let stored = try Data(contentsOf: files.appending(path: "new-\(name)"))
                #expect(stored == content, "\(name)")
            }
        }
    }

    @Test(arguments: ProtocolFront.allCases, NginxFiles.allCases)
    func `responses without a body, and parts of one, end where they should`(
        front: ProtocolFront,
        upstream: NginxFiles
    ) async throws {
        try await upstream.behindGateway { gateway, _ in
            let curl = Curl(front, gateway)
            let head = try await curl.ask("/files/large", ["--head"])
            #expect(head.status == 200)
            #expect(head.values(of: "content-length") == ["3000000"])
            let tag = try #require(head.values(of: "etag").first)
            let known = try await curl.ask("/files/large", ["--header", "If-None-Match: \(tag)"])
            #expect(known.status == 304)
            #expect(known.body.isEmpty)
            let part = try await curl.ask("/files/small", ["--range", "1-3"])
            #expect(part.status == 206)
            #expect(part.body == Data("mal".utf8))
        }
    }
}
