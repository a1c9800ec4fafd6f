import Testing

/// A row of a table of requests: what it shows, its bytes, and the status that a parser refuses it with (0: accepted).
struct RequestVector: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let status: Int

    init(_ name: String, _ text: String, _ status: Int = 400) {
        self.init(name, Array(text.utf8), status)
    }

    init(_ name: String, _ bytes: [UInt8], _ status: Int = 400) {
        self.name = name
        self.bytes = bytes
        self.status = status
    }

    /// A GET with these lines after its `Host`.
    static func field(_ name: String, _ lines: String, _ status: Int = 400) -> RequestVector {
        RequestVector(name, "GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n", status)
    }

    /// A POST with these lines after its `Host`, and a body that could begin another request.
    static func framing(_ name: String, _ lines: String, _ status: Int = 400) -> RequestVector {
        RequestVector(
            name,
            "POST / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
            status
        )
    }

    /// A request with this target and a `Host: a`.
    static func target(_ name: String, _ target: String, _ status: Int = 400, method: String = "GET") -> RequestVector {
        RequestVector(name, "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n", status)
    }

    static func host(_ name: String, _ host: String) -> RequestVector {
        RequestVector(name, "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    }

    static func startLine(_ name: String, _ line: String, _ status: Int = 400) -> RequestVector {
        RequestVector(name, "\(line)\r\nHost: a\r\n\r\n", status)
    }

    /// A chunked POST with this body.
    static func chunked(_ name: String, _ body: String, _ status: Int = 400) -> RequestVector {
        RequestVector(name, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)", status)
    }

    var testDescription: String { name }
}

extension RequestVector {
    /// Messages that two readers might frame differently (RFC 9112 §6.3, §11.2).
    static let smuggling: [RequestVector] = [
        .framing("a length before a transfer coding", "Content-Length: 5\r\nTransfer-Encoding: chunked"),
        .framing("a transfer coding before a length", "Transfer-Encoding: chunked\r\nContent-Length: 5"),
        .framing("two lengths that differ", "Content-Length: 5\r\nContent-Length: 6"),
        .framing("two lengths that are equal", "Content-Length: 5\r\nContent-Length: 5"),
        .framing("a list of equal lengths", "Content-Length: 5, 5"),
        .framing("a length with a plus", "Content-Length: +5"),
        .framing("a length with a minus", "Content-Length: -5"),
        .framing("a hexadecimal length", "Content-Length: 0x5"),
        .framing("an empty length", "Content-Length:"),
        .framing("a length with a space inside", "Content-Length: 1 2"),
        .framing("a length with a letter", "Content-Length: 5a"),
        .framing("a length with a fraction", "Content-Length: 5.0"),
        .framing("a length beyond 64 bits", "Content-Length: 18446744073709551621"),
        .framing("a length in other digits", "Content-Length: \u{0665}"),
        .framing("a coding twice in one line", "Transfer-Encoding: chunked, chunked", 501),
        .framing("an unknown coding", "Transfer-Encoding: xchunked", 501),
        .framing("an unknown coding before chunked", "Transfer-Encoding: gzip, chunked", 501),
        .framing("identity", "Transfer-Encoding: identity", 501),
        .framing("chunked with a parameter", "Transfer-Encoding: chunked;q=1", 501),
        .framing("quoted chunked", "Transfer-Encoding: \"chunked\"", 501),
        .framing("an empty coding", "Transfer-Encoding:", 501),
        .framing("chunked with a comma", "Transfer-Encoding: chunked,", 501),
        .framing("chunked after a vertical tab", "Transfer-Encoding: \u{0B}chunked"),
        .framing("two lines of codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        .framing("a second, unknown coding", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        .framing("a space before the colon of a coding", "Transfer-Encoding : chunked"),
        .framing("a coding on a folded line", "Transfer-Encoding:\r\n chunked"),
        .framing("a coding behind a bare LF", "X: y\nTransfer-Encoding: chunked"),
        .framing("a coding behind a bare CR", "X: y\rTransfer-Encoding: chunked"),
        RequestVector(
            "a coding in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
    ]

    /// Heads that are not formed as RFC 9112 §2.2 and §5 want it.
    static let malformedHeads: [RequestVector] = [
        .field("a folded line", "X: a\r\n b"),
        .field("a line folded with a tab", "X: a\r\n\tb"),
        .field("a bare LF after a field", "X: a\nY: b"),
        .field("a bare CR in a value", "X: a\rb"),
        .field("a CR before the line's end", "X: a\r"),
        .field("a space before the colon", "X : a"),
        .field("a tab before the colon", "X\t: a"),
        .field("a space at the line's start", " X: a"),
        .field("a NUL in a value", "X: a\u{0}b"),
        .field("a DEL in a value", "X: a\u{7F}b"),
        .field("a NUL in a name", "X\u{0}: a"),
        .field("an empty name", ": a"),
        .field("no colon", "X"),
        .field("a name with a bracket", "X(: a"),
        .field("a name beyond ASCII", "X\u{E9}: a"),
        RequestVector("a space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        RequestVector("bare LFs all over", "GET / HTTP/1.1\nHost: a\n\n"),
        RequestVector("a bare LF at the end of the head", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        RequestVector("a bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
        RequestVector("two empty lines before the request", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RequestVector("a bare LF before the request", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RequestVector("no Host", "GET / HTTP/1.1\r\n\r\n"),
        RequestVector("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        RequestVector("two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        RequestVector("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        .host("an empty host", ""),
        .host("a host with user information", "user@a"),
        .host("a host with a path", "a/b"),
        .host("a host with a query", "a?b"),
        .host("a host with a space", "a b"),
        .host("a list of hosts", "a, b"),
        .host("a host beyond ASCII", "\u{E9}"),
        .host("a host with a percent", "a%00"),
        .host("a host with a backslash", "a\\b"),
    ]

    /// Request lines that RFC 9112 §3 does not know, or that are not served here.
    static let malformedStartLines: [RequestVector] = [
        .startLine("no version", "GET /"),
        .startLine("only a method", "GET"),
        .startLine("two spaces before the target", "GET  / HTTP/1.1"),
        .startLine("two spaces before the version", "GET /  HTTP/1.1"),
        .startLine("a space at the end", "GET / HTTP/1.1 "),
        .startLine("a space at the start", " GET / HTTP/1.1"),
        .startLine("a tab for a space", "GET\t/ HTTP/1.1"),
        .startLine("a version in lower case", "GET / http/1.1"),
        .startLine("a version with two digits", "GET / HTTP/1.10"),
        .startLine("a version without a fraction", "GET / HTTP/1"),
        .startLine("a version with a comma", "GET / HTTP/1,1"),
        .startLine("another protocol", "GET / ICAP/1.0"),
        .startLine("HTTP/2.0", "GET / HTTP/2.0", 505),
        .startLine("HTTP/0.9 by name", "GET / HTTP/0.9", 505),
        .startLine("a method with a bracket", "GE(T / HTTP/1.1"),
        .startLine("a method beyond ASCII", "G\u{C9}T / HTTP/1.1"),
        .startLine("a method of 33 letters", "\(String(repeating: "M", count: 33)) / HTTP/1.1"),
        .startLine("an empty method", " / HTTP/1.1"),
        .target("no slash", "path"),
        .target("a target beyond ASCII", "/\u{E9}"),
        .target("a fragment", "/a#b"),
        .target("a fragment in a query", "/a?b#c"),
        .target("a broken percent-encoding", "/%4"),
        .target("an encoded NUL", "/%00"),
        .target("a backslash", "/a\\b"),
        .target("an asterisk without OPTIONS", "*"),
        .target("the authority form", "a:80"),
        .target("another host than the Host", "http://b/"),
        .target("another port than the Host", "http://a:81/"),
        .target("user information", "http://user@a/"),
        .target("no host", "http:///path"),
        .target("another scheme", "ftp://a/"),
        .target("a scheme alone", "http:"),
        .target("a fragment in the absolute form", "http://a/#b"),
        .target("a fragment after the host", "http://a#b"),
        .target("CONNECT", "a:443", 501, method: "CONNECT"),
        .target("TRACE", "/", 405, method: "TRACE"),
    ]

    /// Bodies whose chunks are not as RFC 9112 §7.1 wants them.
    static let malformedChunks: [RequestVector] = [
        .chunked("a size that is no number", "x\r\n"),
        .chunked("an empty size", "\r\n"),
        .chunked("a size with a sign", "+1\r\na\r\n"),
        .chunked("a size with 0x", "0x1\r\na\r\n"),
        .chunked("a space before a size", " 1\r\na\r\n"),
        .chunked("a space after a size", "1 \r\na\r\n"),
        .chunked("a size of 16 digits", "0000000000000001\r\na\r\n"),
        .chunked("a size beyond 64 bits", "FFFFFFFFFFFFFFFFF\r\na\r\n"),
        .chunked("a size line of 300 bytes", "1;\(String(repeating: "e", count: 300))\r\na\r\n"),
        .chunked("a size line without an end", String(repeating: "0", count: 300)),
        .chunked("a size line that ends in LF", "1\na\r\n0\r\n\r\n"),
        .chunked("data that is longer than its size", "1\r\nab\r\n0\r\n\r\n"),
        .chunked("data that ends in LF", "1\r\na\n0\r\n\r\n"),
        .chunked("data that ends in CR alone", "1\r\na\r0\r\n\r\n"),
        .chunked("an extension without its semicolon", "1 e=f\r\na\r\n"),
        .chunked("an extension with a CR", "1;e\rf\r\na\r\n"),
        .chunked("an extension with a NUL", "1;e\u{0}\r\na\r\n"),
        .chunked(
            "extensions without measure",
            String(repeating: "1;\(String(repeating: "e", count: 200))\r\na\r\n", count: 100)
        ),
        .chunked("a trailer without a colon", "0\r\nX\r\n\r\n"),
        .chunked("a trailer with a space before its colon", "0\r\nX : a\r\n\r\n"),
        .chunked("a folded trailer", "0\r\nX: a\r\n b\r\n\r\n"),
        .chunked("a trailer that ends in LF", "0\r\nX: a\n\r\n"),
        .chunked("a last line that ends in LF", "0\r\n\n"),
        .chunked("101 trailers", "0\r\n\(String(repeating: "X: a\r\n", count: 101))\r\n", 431),
    ]

    static let refused = smuggling + malformedHeads + malformedStartLines + malformedChunks

    /// Requests that are read as they are meant.
    static let accepted: [RequestVector] = [
        .target("a path", "/a/b?c=d&e", 0),
        .target("the absolute form that agrees with the Host", "http://a/path?q", 0),
        .target("the absolute form in other letters", "HTTP://A/", 0),
        .target("the absolute form without a path", "http://a", 0),
        .target("the absolute form with a query alone", "http://a?q", 0),
        .target("OPTIONS for all", "*", 0, method: "OPTIONS"),
        .target("an unknown method", "/", 0, method: "BREW"),
        RequestVector("one empty line before the request", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        RequestVector("HTTP/1.0 without a Host", "GET / HTTP/1.0\r\n\r\n", 0),
        RequestVector("two in one piece", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        RequestVector(
            "a body with a length, and another request",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            0
        ),
        .framing("a length that is right", "Content-Length: 5", 0),
        .field("white space around a value", "X: \t a b \t", 0),
        .field("an empty value", "X:", 0),
        .field("a value beyond ASCII", "X: \u{E9}", 0),
        .framing("chunked in other letters", "Transfer-Encoding: \tChunked ", 0),
        .chunked("chunks", "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n", 0),
        .chunked("chunks with extensions", "5;a=b\r\nhello\r\n1 ; c=\"d\"\r\n!\r\n000;e\r\n\r\n", 0),
        .chunked("chunks with trailers", "1\r\na\r\n0\r\nX: y\r\nGrpc-Status: 0\r\n\r\n", 0),
        .chunked("a chunked request and another", "0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0),
    ]
}
