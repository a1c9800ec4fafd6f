import Foundation
import GatewayKit
import GatewayPolicy
import Testing
import sluice

struct ReplayTests {
    private static let json =
        #"{"time":"2026-10-18T12:34:56.789Z","id":"00000000075bcd15","client":"192.0.2.1","method":"GET","#
        + #""host":"localhost","path":"/paid","protocol":"HTTP/1.1","route":"paid","stage":"forward","status":200,"#
        + #""outcome":"answered","upstream":"back","request_bytes":0,"response_bytes":3,"total_ms":12.345}"#
    private static let logfmt =
        "time=2026-10-18T12:34:56.789Z id=00000000075bcd15 client=192.0.2.1 method=GET host=localhost path=/paid "
        + "protocol=HTTP/1.1 route=paid stage=forward status=200 outcome=answered upstream=back request_bytes=0"

    @Test func `both formats of the access log say the same`() throws {
        guard case .request(let first) = LogLine(Self.json.utf8), case .request(let second) = LogLine(Self.logfmt.utf8)
        else {
            Issue.record("a line was not read")
            return
        }
        #expect(first == second)
        #expect(first.path == "/paid")
        #expect(first.status == 200)
    }

    @Test func `quoted values of logfmt are read as they were written`() {
        let line = #"method=GET path="/a b=c\"d\\" outcome=replied status=404"#
        guard case .request(let request) = LogLine(line.utf8) else {
            Issue.record("the line was not read")
            return
        }
        #expect(request.path == #"/a b=c"d\"#)
    }

    @Test(arguments: [json, logfmt])
    func `a line that is cut or garbled is none, or another, and harms nothing`(_ line: String) {
        let bytes = Array(line.utf8)
        for index in bytes.indices {
            _ = LogLine(bytes[..<index])
            for bit in [0x01, 0x20, 0x80] as [UInt8] {
                var flipped = bytes
                flipped[index] ^= bit
                _ = LogLine(flipped)
            }
        }
        #expect(LogLine(bytes.dropLast(bytes.count / 2)) == .unreadable)
    }

    @Test func `a gap in the log is known for one`() {
        #expect(LogLine(#"{"time":"2026-10-18T12:34:56.789Z","dropped":17}"#.utf8) == .gap(17))
        #expect(LogLine("time=2026-10-18T12:34:56.789Z dropped=17".utf8) == .gap(17))
        #expect(LogLine("nothing".utf8) == .unreadable)
    }

    private func replay(_ lines: [String], into policy: String, from old: String? = nil) async throws -> ReplayReport {
        try await TrialPolicy.with(policy) { new in
            guard let old else { return try await Self.report(lines, Replay(into: new)) }
            return try await TrialPolicy.with(old) { try await Self.report(lines, Replay(into: new, from: $0)) }
        }
    }

    private static func report(_ lines: [String], _ replay: Replay) async throws -> ReplayReport {
        var replay = replay
        for line in lines { try await replay.add(LogLine(line.utf8)) }
        return replay.report
    }

    @Test func `the same policy changes nothing`() async throws {
        let report = try await replay([Self.json, Self.logfmt], into: TrialPolicy.text)
        #expect(report.requests == 2)
        #expect(report.unchanged == 2)
        #expect(report.earnings.new == 20_000)
    }

    @Test func `what would be refused is counted by route and stage, with an example`() async throws {
        let policy = TrialPolicy.text.replacing("burst: 5", with: "burst: 1")
        let report = try await replay([Self.json, Self.json, Self.json], into: policy)
        #expect(report.unchanged == 1)
        #expect(report.changes.map(\.requests) == [2])
        let change = try #require(report.changes.first?.change)
        #expect([change.oldRoute, change.newRoute, change.stage] == ["paid", "paid", "rate-limit"])
        #expect([change.old, change.new] == [.served, .refused])
        #expect(report.changes.map(\.example) == ["GET localhost/paid"])
    }

    @Test func `prices of both policies are compared where both are known`() async throws {
        let dearer = TrialPolicy.text.replacing("- price: 10 sat", with: "- price: 25 sat")
        let report = try await replay([Self.json], into: dearer, from: TrialPolicy.text)
        #expect(report.earnings.old == 10_000)
        #expect(report.earnings.new == 25_000)
        #expect(report.unchanged == 1)
    }

    @Test func `requests are tried at the time of the log`() async throws {
        let rules = "{ rules: [{ when: 'request.time.getHours() == 12', amount: 5 sat }], otherwise: 10 sat }"
        let policy = TrialPolicy.text.replacing("- price: 10 sat", with: "- price: \(rules)")
        let report = try await replay([Self.json, Self.json.replacing("T12:", with: "T13:")], into: policy)
        #expect(report.earnings.new == 15_000)
    }

    @Test func `what was free and is to be paid for is told`() async throws {
        let free = TrialPolicy.text.replacing("- price: 10 sat", with: "- price: 0 sat")
        let report = try await replay([Self.json], into: TrialPolicy.text, from: free)
        #expect(report.changes.map(\.change.new) == [.asked])
    }

    @Test func `what has no route any more is told`() async throws {
        let line = Self.json.replacing("/paid", with: "/elsewhere")
            .replacing(#""route":"paid""#, with: #""route":"rest""#)
        let policy = TrialPolicy.text.replacing("match: { path: /* }", with: "match: { path: /rest/* }")
        let report = try await replay([line], into: policy)
        #expect(report.changes.map(\.change.new) == [.unrouted])
    }

    @Test func `what cannot be read is known from what is empty`() throws {
        var folder = try LogLines("/")
        defer { folder.close() }
        let ofFolder = folder.next()?.isWhole
        #expect(ofFolder == nil)
        #expect(folder.failure != nil)
        var nothing = try LogLines("/dev/null")
        defer { nothing.close() }
        let ofNothing = nothing.next()?.isWhole
        #expect(ofNothing == nil)
        #expect(nothing.failure == nil)
    }

    @Test func `lines are read one after the other, and one that is cut is known for it`() throws {
        let path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString).log"
        let long = String(repeating: "x", count: LogLines.longest + 100_000)
        try "one\n\n\(long)\ntwo\nthr".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var lines = try LogLines(path)
        defer { lines.close() }
        var found = [String]()
        var whole = [Bool]()
        while let (line, isWhole) = lines.next() {
            found.append(isWhole ? String(decoding: line, as: UTF8.self) : "cut")
            whole.append(isWhole)
        }
        #expect(found == ["one", "", "cut", "two", "cut"])
        #expect(whole == [true, true, false, true, false])
    }
}
