import GatewayKit
import NIOCore
import Testing

struct RequestPathTests {
    @Test(arguments: [
        // Already normal.
        ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/b.c", "/a/b.c"), ("/a;b=c", "/a;b=c"), ("/a:b@c", "/a:b@c"),
        ("/~a_b-c.d", "/~a_b-c.d"), ("/...", "/..."), ("/.well-known/x", "/.well-known/x"), ("/..a", "/..a"),
        ("/a..", "/a.."), ("/a%2Fb", "/a%2Fb"), ("/%25", "/%25"), ("/%E2%82%AC", "/%E2%82%AC"),
        // Dot segments (RFC 3986 §5.2.4).
        ("/.", "/"), ("/./", "/"), ("/..", "/"), ("/../", "/"), ("/../..", "/"), ("/a/.", "/a/"), ("/a/..", "/"),
        ("/a/b/..", "/a/"), ("/a/b/../", "/a/"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/../a", "/a"),
        ("/a/b/c/./../../g", "/a/g"), ("/a/../../../b", "/b"), ("/.../a", "/.../a"),
        // Doubled slashes.
        ("//", "/"), ("///", "/"), ("//a", "/a"), ("/a//b", "/a/b"), ("/a//", "/a/"), ("/a//../b", "/b"),
        ("/a/.//b", "/a/b"), ("//..//a//", "/a/"),
        // Percent-encodings (RFC 3986 §6.2.2).
        ("/%41", "/A"), ("/%7e", "/~"), ("/%2d%2E%5f", "/-._"), ("/a%2fb", "/a%2Fb"), ("/%e2%82%ac", "/%E2%82%AC"),
        ("/%2e", "/"), ("/%2e%2e", "/"), ("/a/%2e%2E/b", "/b"), ("/a/.%2e", "/"), ("/a%2f...", "/a%2F..."),
        ("/a/..b%2fb", "/a/..b%2Fb"), ("/a/.b;c", "/a/.b;c"), ("/%2541", "/%2541"), ("/%252e%252e/a", "/%252e%252e/a"),
        ("/%3f", "/%3F"),
        ("/%20", "/%20"), ("/%0a", "/%0A"), ("/%ff", "/%FF"), ("/%7f", "/%7F"),
    ])
    func `a path has one normal form`(_ path: String, _ normal: String) {
        #expect(RequestPath.normalised(path) == normal)
        #expect(RequestPath.normalised(normal) == normal, "the normal form is its own")
    }

    @Test(arguments: [
        "", "a", "a/b", "*", ".", "%2Fa", "?", "/a?b", "/a#b", "/a b", "/a\tb", "/a\nb", "/a\rb", "/\u{0}", "/\u{7F}",
        "/é", "/\"", "/<", "/>", "/\\", "/^", "/`", "/{", "/|", "/}", "/%", "/%4", "/%4g", "/%g4", "/%%", "/%00",
        "/a/%00/b", "/%+1", "/% 1", "http://a/",
    ])
    func `what is no path is refused`(_ path: String) {
        #expect(RequestPath.normalised(path) == nil)
    }

    /// Services that decode a slash, or cut off a path parameter, before they remove dot segments would leave the folder.
    @Test(arguments: [
        "/a%2f..", "/a/..%2fb", "/a%2F..%2Fb", "/a/%2e%2e%2fb", "/a/.%2Fb", "/a%5c..%5Cb", "/a/..%5cb", "/a/..;/b",
        "/a/..;x=1", "/a/.;/b", "/a/..%3b/b", "/a%2f..;b", "/..%2f",
    ])
    func `a path that hides a dot segment is refused`(_ path: String) {
        #expect(RequestPath.normalised(path) == nil)
    }

    @Test func `a byte that is not ASCII is refused`() {
        for byte in UInt8(0x7F)...0xFF {
            #expect(RequestPath.normalised(ByteBuffer(bytes: [0x2F, byte])) == nil)
        }
    }

    @Test func `every byte, encoded in either case, has one normal form`() {
        for byte in UInt8(1)...0xFF {
            let upper = Hex.encoded([byte]).uppercased()
            let lower = Hex.encoded([byte])
            let form = RequestPath.normalised("/a%\(upper)b")
            #expect(form != nil)
            #expect(RequestPath.normalised("/a%\(lower)b") == form)
        }
    }

    @Test func `a normal path is not copied`() {
        let path = ByteBuffer(string: "/v1/quotes/btc")
        let normal = RequestPath.normalised(path)
        let same = path.withUnsafeReadableBytes { first in
            normal?.withUnsafeReadableBytes { second in first.baseAddress == second.baseAddress }
        }
        #expect(same == true)
    }

    @Test func `every prefix and every flipped byte has a normal form or none`() {
        let paths = [
            "/a/b/c/./../../g", "/%2e%2E/%41/a%2fb//..%2f/", "/v1/quotes/%e2%82%ac/.hidden/",
            "/..//../%252e/;a=b,c/...",
        ]
        for path in paths {
            for variant in Variants.of(path) {
                guard let normal = RequestPath.normalised(ByteBuffer(bytes: variant)) else { continue }
                #expect(RequestPath.normalised(normal) == normal)
                let text = String(buffer: normal)
                #expect(text.hasPrefix("/") && !text.contains("//"))
                #expect(!text.split(separator: "/").contains { $0 == "." || $0 == ".." })
            }
        }
    }
}
