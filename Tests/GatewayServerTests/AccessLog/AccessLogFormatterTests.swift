import Foundation
import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

struct AccessLogFormatterTests {
    /// What a client might send to end a line, a value or an object, and to write on a terminal.
    static let attacks: [[UInt8]] = [
        Array("/a\n{\"time\":\"2026-01-01T00:00:00.000Z\",\"status\":200}".utf8),
        Array("/a\r\ntime=2026-01-01T00:00:00.000Z status=200".utf8),
        Array("/a\",\"status\":200,\"x\":\"".utf8),
        Array("/a status=200".utf8),
        Array("/a\" status=200 x=\"".utf8),
        Array("/a\\".utf8),
        Array("/a\\\"".utf8),
        Array("/\u{0}\u{1}\u{8}\u{B}\u{C}\u{1B}[2J\u{7F}".utf8),
        Array("/\u{85}\u{9B}2J\u{2028}\u{2029}\u{202E}\u{FEFF}".utf8),
        Array("/\u{1F4B8}é".utf8),
        [0x2F, 0xFF, 0xFE, 0xC0, 0x80, 0xE2, 0x82],
        [0x2F, 0xED, 0xA0, 0x80, 0xF4, 0x90, 0x80, 0x80],
    ]

    // MARK: Golden lines

    @Test func `a request is an object in JSON`() {
        #expect(
            AccessLogExample.line(as: .json)
                == #"{"time":"2026-10-18T12:34:56.789Z","id":"00000000075bcd15","client":"192.0.2.1","#
                + #""method":"GET","host":"api.example","path":"/v1/quotes","protocol":"HTTP/1.1","#
                + #""route":"quotes","stage":"forward","status":200,"outcome":"answered","upstream":"backend","#
                + #""request_bytes":0,"response_bytes":1234,"#
                + #""total_ms":12.345,"connected_ms":0.210,"first_byte_ms":11.000}"# + "\n"
        )
    }

    @Test func `a request is a row of pairs in logfmt`() {
        #expect(
            AccessLogExample.line(as: .logfmt)
                == "time=2026-10-18T12:34:56.789Z id=00000000075bcd15 client=192.0.2.1 method=GET host=api.example "
                + "path=/v1/quotes protocol=HTTP/1.1 route=quotes stage=forward status=200 outcome=answered "
                + "upstream=backend request_bytes=0 response_bytes=1234 "
                + "total_ms=12.345 connected_ms=0.210 first_byte_ms=11.000\n"
        )
    }

    @Test(arguments: [
        (AccessLogSettings.Format.json, #"{"time":"2026-10-18T12:34:56.789Z","dropped":17}"# + "\n"),
        (.logfmt, "time=2026-10-18T12:34:56.789Z dropped=17\n"),
    ])
    func `a gap is a line with the number of lines that are missing`(
        _ format: AccessLogSettings.Format,
        _ line: String
    ) {
        var buffer = ByteBuffer()
        AccessLogFormatter(format).writeGap(of: 17, at: AccessLogExample.time, into: &buffer)
        #expect(String(buffer: buffer) == line)
    }

    @Test(arguments: [
        (
            AccessLogSettings.Format.json,
            #"{"time":"1970-01-01T00:00:00.000Z","id":"ffffffffffffffff","outcome":"client_left","#
                + #""request_bytes":0,"response_bytes":0,"total_ms":0.000}"# + "\n"
        ),
        (
            .logfmt,
            "time=1970-01-01T00:00:00.000Z id=ffffffffffffffff outcome=client_left request_bytes=0 response_bytes=0 "
                + "total_ms=0.000\n"
        ),
    ])
    func `what is not known is left out`(_ format: AccessLogSettings.Format, _ line: String) {
        let entry = AccessLogEntry(
            time: WallTime(milliseconds: -1),
            id: ExchangeID(.max),
            client: nil,
            request: nil,
            route: nil,
            stage: nil,
            upstream: nil,
            outcome: AccessLogExample.outcome(.clientLeft, nil),
            timing: .init(total: .milliseconds(-1))
        )
        #expect(AccessLogExample.line(entry, as: format) == line)
    }

    @Test func `the largest numbers are written`() {
        let entry = AccessLogEntry(
            time: WallTime(milliseconds: .max),
            id: ExchangeID(0),
            client: IPAddress("2001:db8::1"),
            request: nil,
            route: nil,
            stage: nil,
            upstream: nil,
            outcome: Outcome(end: .drained, status: nil, requestBytes: .max, responseBytes: .max),
            timing: .init(total: .seconds(Int64.max))
        )
        #expect(
            AccessLogExample.line(entry, as: .logfmt)
                == "time=292278994-08-17T07:12:55.807Z id=0000000000000000 client=2001:db8::1 outcome=drained "
                + "request_bytes=18446744073709551615 response_bytes=18446744073709551615 "
                + "total_ms=18446744073709551.615\n"
        )
    }

    @Test(arguments: [
        (Outcome.End.replied, "replied"), (.upstreamFailed(.unreachable), "upstream_unreachable"),
        (.upstreamFailed(.timeout), "upstream_timeout"), (.upstreamFailed(.closed), "upstream_closed"),
        (.upstreamFailed(.malformed), "upstream_malformed"), (.upstreamFailed(.busy), "upstream_busy"),
    ])
    func `the outcome names what failed`(_ end: Outcome.End, _ word: String) {
        let entry = AccessLogEntry(
            time: AccessLogExample.time,
            id: ExchangeID(1),
            client: nil,
            request: nil,
            route: nil,
            stage: nil,
            upstream: nil,
            outcome: AccessLogExample.outcome(end, .badGateway),
            timing: .init(total: .zero)
        )
        #expect(AccessLogExample.line(entry, as: .logfmt).contains(" status=502 outcome=\(word) "))
    }

    @Test(arguments: [
        (AccessLogSettings.Format.json, #""outcome":"client_left","reason":"a reason = a \"reason\"","#),
        (.logfmt, #" outcome=client_left reason="a reason = a \"reason\"" "#),
    ])
    func `why the gateway ended a request stands beside its outcome`(
        _ format: AccessLogSettings.Format,
        _ part: String
    ) {
        let entry = AccessLogEntry(
            time: AccessLogExample.time,
            id: ExchangeID(1),
            client: nil,
            request: nil,
            route: nil,
            stage: nil,
            upstream: nil,
            outcome: AccessLogExample.outcome(.clientLeft, nil),
            reason: #"a reason = a "reason""#,
            timing: .init(total: .zero)
        )
        #expect(AccessLogExample.line(entry, as: format).contains(part))
    }

    // MARK: Text of others

    @Test(arguments: AccessLogSettings.Format.allCases)
    func `no query, credential or other field is written`(_ format: AccessLogSettings.Format) {
        let line = AccessLogExample.line(as: format)
        #expect(!line.contains("secret") && !line.contains("preimage") && !line.contains("?"))
    }

    @Test(arguments: attacks, AccessLogSettings.Format.allCases)
    func `a line is printable ASCII with one line end`(_ text: [UInt8], _ format: AccessLogSettings.Format) {
        let request = AccessLogExample.request(host: text, path: text)
        let entry = AccessLogExample.entry(request, route: String(decoding: text, as: UTF8.self))
        let line = AccessLogExample.line(entry, as: format)
        #expect(line.utf8.dropLast().allSatisfy { (0x20...0x7E).contains($0) })
        #expect(line.utf8.last == 0x0A)
    }

    @Test(arguments: attacks)
    func `a JSON parser reads a path back, and the status is the true one`(_ text: [UInt8]) throws {
        let line = AccessLogExample.line(AccessLogExample.entry(AccessLogExample.request(path: text)), as: .json)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["path"] as? String == String(decoding: text, as: UTF8.self))
        #expect(object["status"] as? Int == 200)
        #expect(object.count == 17)
    }

    @Test(arguments: attacks)
    func `a path adds no pair to logfmt`(_ text: [UInt8]) {
        let line = AccessLogExample.line(AccessLogExample.entry(AccessLogExample.request(path: text)), as: .logfmt)
        #expect(Self.keys(of: line) == Self.keys(of: AccessLogExample.line(as: .logfmt)))
    }

    @Test(arguments: [
        ("plain/~-_.:;,!$&'()*+@[]%20", "plain/~-_.:;,!$&'()*+@[]%20"), ("a b", #""a b""#), ("a=b", #""a=b""#),
        ("\"", #""\"""#), ("\\", #""\\""#), ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{1B}\u{7F}", #""\u0000\u001b\u007f""#),
        ("é\u{2028}", #""\u00e9\u2028""#), ("\u{1F4B8}", #""\ud83d\udcb8""#),
    ])
    func `logfmt quotes what could be misread`(_ text: String, _ written: String) {
        let line = AccessLogExample.line(AccessLogExample.entry(route: text), as: .logfmt)
        #expect(line.contains(" route=\(written) stage="))
    }

    @Test func `each byte that is not UTF-8 becomes a replacement character`() {
        let request = AccessLogExample.request(path: [0x2F, 0xFF, 0xFE])
        let line = AccessLogExample.line(AccessLogExample.entry(request), as: .json)
        #expect(line.contains(#""path":"/\ufffd\ufffd","#))
    }

    @Test(arguments: AccessLogSettings.Format.allCases)
    func `a text that becomes six times as long is written to its end`(_ format: AccessLogSettings.Format) {
        let text = [UInt8](repeating: 0xFF, count: 32 * 1_024)
        let request = AccessLogExample.request(host: text, path: text)
        let line = AccessLogExample.line(AccessLogExample.entry(request, route: "\u{1}\u{1}"), as: format)
        #expect(line.utf8.count > 2 * 6 * text.count)
        #expect(line.hasSuffix(format == .json ? ":11.000}\n" : "=11.000\n"))
    }

    /// The keys as a reader of logfmt finds them: quotes hide spaces and equals signs, backslashes hide quotes.
    private static func keys(of line: String) -> [String] {
        var (keys, word) = ([String](), "")
        var (isQuoted, isEscaped) = (false, false)
        for character in line.unicodeScalars.dropLast() {
            switch character {
            case _ where isEscaped: isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case "=" where !isQuoted: keys.append(word)
            case " " where !isQuoted: word = ""
            default: word.unicodeScalars.append(character)
            }
        }
        return isQuoted ? [] : keys
    }
}
