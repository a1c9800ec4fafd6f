import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

struct RequestHeadTests {
    @Test(arguments: [
        ("example.com", "example.com"), ("example.com:80", "example.com"), ("[::1]:80", "::1"), ("[::1]", "::1"),
        ("", ""), (":80", ""), ("[::1", "["),
    ])
    func `the host is the authority without its port`(_ authority: String, _ host: String) {
        #expect(RequestHead.example(host: authority).host == host)
    }

    @Test(arguments: [
        ("/a", nil), ("/a?", ""), ("/a?b=c", "b=c"), ("/a??", "?"), ("/a?\u{301}b", "\u{301}b"),
    ])
    func `the query is what follows the question mark`(_ target: String, _ query: String?) {
        var path = ByteBuffer(string: target)
        let head = target.utf8.prefix { $0 != UInt8(ascii: "?") }.count
        let first = path.readSlice(length: head) ?? ByteBuffer()
        let request = RequestHead(
            method: .get,
            version: .http1_1,
            authorityBytes: ByteBuffer(),
            pathBytes: first,
            queryBytes: path,
            fields: Fields(),
            body: .none
        )
        #expect(request.query.map { Array($0.utf8) } == query.map { Array($0.utf8) })
        #expect(request.target == target)
    }

    @Test(arguments: [
        ("application/grpc", true), ("application/grpc+proto", true), ("Application/gRPC;x", true),
        ("application/grpc-web", false), ("application/grpc-web+proto", false), ("application/json", false),
        ("", false),
        ("application/grp", false),
    ])
    func `gRPC is known by its content type`(_ type: String, _ isGRPC: Bool) {
        #expect(RequestHead.example(fields: [("Content-Type", type)]).isGRPC == isGRPC)
    }

    @Test func `the view of HTTPTypes has everything`() throws {
        let request = RequestHead.example(.post, "/a//b?c", host: "h:1", fields: [("X-One", "1"), ("x-one", "2")])
        let view = request.httpRequest
        #expect(view.method == .post)
        #expect(view.path == "/a/b?c")
        #expect(view.authority == "h:1")
        #expect(view.scheme == "http")
        let name = try #require(HTTPField.Name("x-one"))
        #expect(view.headerFields[values: name] == ["1", "2"])
    }
}
