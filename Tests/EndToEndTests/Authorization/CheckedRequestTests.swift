import ExtAuthz
import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import SwiftProtobuf
import Testing
import sluice

/// What a proxy tells of a request, as one that can be decided about.
struct CheckedRequestTests {
    typealias Check = Envoy_Service_Auth_V3_CheckRequest
    typealias HTTP = Envoy_Service_Auth_V3_AttributeContext.HttpRequest

    private static func check(_ change: (inout HTTP) -> Void = { _ in }) -> Check {
        .with { check in
            check.attributes.source.address.socketAddress.address = "203.0.113.9"
            check.attributes.request.http = .with { http in
                http.method = "POST"
                http.path = "/v1?a=b"
                http.host = "api.example.com"
                http.scheme = "https"
                http.protocol = "HTTP/2"
                http.headers = [":path": "/v1?a=b", "x-tenant": "a", "content-length": "3"]
                http.body = "abc"
                change(&http)
            }
        }
    }

    @Test func `everything arrives`() throws {
        let request = try #require(TrialRequest(Self.check()))
        #expect(request.method == .post)
        #expect([request.scheme, request.authority, request.target] == ["https", "api.example.com", "/v1?a=b"])
        #expect(request.fields.map(\.name) == ["x-tenant"])
        #expect(request.body.map { String(buffer: $0) } == "abc")
        #expect(request.peer == IPAddress("203.0.113.9"))
        #expect(!request.withholdsBody)
    }

    @Test func `raw headers count where there are any`() throws {
        let check = Self.check { http in
            http.headerMap.headers = [
                .with {
                    $0.key = ":authority"; $0.rawValue = .init("other.example.com".utf8)
                },
                .with {
                    $0.key = "x-tenant"; $0.rawValue = .init("b".utf8)
                },
                .with {
                    $0.key = "x-tenant"; $0.value = "c"
                },
            ]
            http.host = ""
            http.body = ""
            http.rawBody = .init("abc".utf8)
        }
        let request = try #require(TrialRequest(check))
        #expect(request.authority == "other.example.com")
        #expect(request.fields.map(\.value) == ["b", "c"])
        #expect(request.body.map { String(buffer: $0) } == "abc")
    }

    @Test(
        arguments: [
            { $0.method = "" }, { $0.method = "A B" }, { $0.path = "" }, { $0.path = "/a b" },
            { $0.path = "/a\r\nHost: x" },
            { $0.host = "a b" }, { $0.host = "a\nb" }, { $0.headers["a b"] = "" }, { $0.headers["x"] = "a\r\nb" },
            { $0.headers["x"] = "\0" }, { $0.headers["x\n"] = "a" },
        ] as [@Sendable (inout HTTP) -> Void]
    )
    func `what no client can have sent is no request`(_ change: @Sendable (inout HTTP) -> Void) {
        #expect(TrialRequest(Self.check(change)) == nil)
    }

    @Test(arguments: [
        "/v1/../free", "/v1/%2e%2E/free?a", "/v1/.%2e", "/./v1", "/v1/.", "//v1", "/v1//a", "http://a/v1",
    ])
    func `a path that the proxy would forward, and that is another one here, is no request`(_ path: String) {
        #expect(TrialRequest(Self.check { $0.path = path }) == nil)
    }

    @Test(arguments: ["/", "/v1/", "/v1/%71uotes", "/v1/a..b/...", "/v1?a=//../b", "*"])
    func `other spellings of a path are left to the routes`(_ path: String) {
        #expect(TrialRequest(Self.check { $0.path = path })?.target == path)
    }

    /// What came of a body: whether it is here, or withheld.
    struct BodyCase: Sendable {
        let isHere: Bool
        let isWithheld: Bool
        let change: @Sendable (inout HTTP) -> Void

        init(isHere: Bool = false, isWithheld: Bool = false, _ change: @escaping @Sendable (inout HTTP) -> Void) {
            self.isHere = isHere
            self.isWithheld = isWithheld
            self.change = change
        }

        static let all = [
            BodyCase(isHere: true) { _ in },
            BodyCase(isWithheld: true) { $0.body = "" },
            BodyCase(isWithheld: true) { $0.body = "ab" },
            BodyCase(isWithheld: true) { $0.headers["x-envoy-auth-partial-body"] = "true" },
            BodyCase { http in
                http.headers["content-length"] = "0"
                http.body = ""
            },
            BodyCase(isWithheld: true) { http in
                http.headers["content-length"] = nil
                http.body = ""
            },
            BodyCase { http in
                http.headers["content-length"] = nil
                http.body = ""
                http.protocol = "HTTP/1.1"
            },
            BodyCase { http in
                http.headers["content-length"] = nil
                http.body = ""
                http.method = "GET"
            },
            BodyCase(isWithheld: true) { http in
                http.headers["content-length"] = nil
                http.headers["transfer-encoding"] = "chunked"
                http.body = ""
                http.protocol = "HTTP/1.1"
            },
            BodyCase(isHere: true) { $0.headers["content-length"] = nil },
        ]
    }

    @Test(arguments: BodyCase.all.indices) func `a body that did not come is not taken for empty`(_ index: Int) throws {
        let body = BodyCase.all[index]
        let request = try #require(TrialRequest(Self.check(body.change)))
        #expect((request.body != nil) == body.isHere)
        #expect(request.withholdsBody == body.isWithheld)
    }

    @Test func `each prefix and each flipped byte is read or refused`() throws {
        let bytes: [UInt8] = try Self.check().serializedBytes()
        var count = 0
        for end in bytes.indices {
            if let check = try? Check(serializedBytes: Array(bytes[..<end])), TrialRequest(check) != nil { count += 1 }
            for bit in 0..<8 {
                var flipped = bytes
                flipped[end] ^= 1 << bit
                if let check = try? Check(serializedBytes: flipped), TrialRequest(check) != nil { count += 1 }
            }
        }
        #expect(count > 0)
    }
}
