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
    @Test(arguments: NginxFiles.allCases)
    func `files of any size pass whole, with a length and without`(upstream: NginxFiles) async throws {
        try await upstream.behindGateway { gateway, _ in
            for front in ProtocolFront.allCases where front != .upgrade {
                let curl = Curl(front, gateway)
                for (name, content) in NginxFiles.files {
                    let sized = try await curl.ask("/files/\(name)")
                    #expect(sized.status == 200, "\(front.rawValue): \(name)")
                    #expect(sized.values(of: "content-length") == ["\(content.count)"])
                    #expect(sized.body == content, "\(front.rawValue): \(name) with a length")
                    let unsized = try await curl.ask("/chunked/\(name)")
                    #expect(unsized.status == 200, "\(front.rawValue): \(name)")
                    #expect(unsized.body == content, "\(front.rawValue): \(name) without a length")
                }
            }
        }
    }

    @Test(arguments: NginxFiles.allCases)
    func `an upload arrives byte for byte`(upstream: NginxFiles) async throws {
        try await upstream.behindGateway { gateway, files in
            for (number, front) in ProtocolFront.allCases.enumerated() {
                // nginx says 100 over HTTP/1.1 alone, and curl sends its body without after a second.
                let curl = Curl(front, gateway, ["--expect100-timeout", "0.05"])
                for (name, content) in NginxFiles.files {
                    let new = "new-\(number)-\(name)"
                    let answer = try await curl.ask("/files/\(new)", ["--upload-file", "\(files.path)/\(name)"])
                    #expect(answer.status == 201, "\(front.rawValue): \(name)")
                    let stored = try Data(contentsOf: files.appending(path: new))
                    #expect(stored == content, "\(front.rawValue): \(name)")
                }
            }
        }
    }

    @Test(arguments: NginxFiles.allCases)
    func `responses without a body, and parts of one, end where they should`(upstream: NginxFiles) async throws {
        try await upstream.behindGateway { gateway, _ in
            for front in ProtocolFront.allCases {
                let (curl, place) = (Curl(front, gateway), Comment(rawValue: front.rawValue))
                let head = try await curl.ask("/files/large", ["--head"])
                #expect(head.status == 200, place)
                #expect(head.values(of: "content-length") == ["3000000"], place)
                let tag = try #require(head.values(of: "etag").first, place)
                let known = try await curl.ask("/files/large", ["--header", "If-None-Match: \(tag)"])
                #expect(known.status == 304, place)
                #expect(known.body.isEmpty, place)
                let part = try await curl.ask("/files/small", ["--range", "1-3"])
                #expect(part.status == 206, place)
                #expect(part.body == Data("mal".utf8), place)
            }
        }
    }
}
