internal import Foundation

/// HTTP/2 requests by h2load, several at a time on each connection.
struct H2Load: Load {
    var path = "/"
    var connections = 16
    var streams = 4
    var fields: [String] = []
    /// In the workspace; `nil` for a GET.
    var bodyFile: String?
    /// Of each answer: a gateway that refuses a gRPC call answers 200, too, but without a message.
    let answerSize: ByteCount

    func run(on gateway: Gateway, seconds: Int, bench: Workbench) throws -> LoadResult {
        // h2load appends.
        let log = bench.workspace.file("h2load.requests")
        try? FileManager.default.removeItem(atPath: log)
        var command = [
            bench.tools[.h2load], "-t", "1", "-c", "\(connections)", "-m", "\(streams)", "-D", "\(seconds)",
            "--log-file", log,
        ]
        for field in fields + gateway.fields { command += ["-H", field] }
        if let bodyFile { command += ["-d", bench.workspace.file(bodyFile)] }
        let h2load = try ChildProcess(
            command + [gateway.origin + path],
            named: "h2load",
            on: .everythingElse,
            workspace: bench.workspace,
            tools: bench.tools
        )
        let output = try h2load.output(within: .seconds(seconds + 15))
        let requests = try answered(output)
        let latencies = try latencies(log)
        guard !latencies.isEmpty else { throw BenchFailure("h2load logged no request") }
        let logged = LoadResult(latencies: latencies, duration: .seconds(seconds))
        return LoadResult(
            requests: requests,
            duration: .seconds(seconds),
            median: logged.median,
            slow: logged.slow
        )
    }

    /// How many requests were answered well, from h2load's report.
    private func answered(_ output: String) throws -> Int {
        // Where HTTP/2 is not offered, h2load takes HTTP/1.1.
        guard output.contains("Application protocol: h2") else {
            throw BenchFailure("HTTP/2 is not spoken")
        }
        let done = output.firstMatch(of: /([0-9]+) done, ([0-9]+) succeeded, ([0-9]+) failed/)
        let data = output.firstMatch(of: /\(([0-9]+)\) data/)
        guard let done, let data, let requests = Int(done.1), let succeeded = Int(done.2), let failed = Int(done.3),
            let bytes = Int(data.1)
        else { throw BenchFailure("h2load said: \(output.suffix(200))") }
        guard requests > 0 else { throw BenchFailure("no request was answered") }
        guard failed == 0, succeeded == requests else { throw BenchFailure("\(failed) of \(requests) requests failed") }
        guard bytes >= requests * answerSize.bytes else {
            throw BenchFailure("\(requests) answers had \(bytes) bytes, not \(answerSize.bytes) each")
        }
        return requests
    }

    /// The third column of the log: "microseconds until end of response" (h2load(1)).
    private func latencies(_ log: String) throws -> [Duration] {
        var latencies = [Duration]()
        var column = 0
        var value = 0
        for byte in try FileContent.bytes(of: log) {
            switch byte {
            case UInt8(ascii: "\t"):
                column += 1
                value = 0
            case UInt8(ascii: "\n"):
                if column == 2 { latencies.append(.microseconds(value)) }
                column = 0
                value = 0
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = value &* 10 &+ Int(byte - UInt8(ascii: "0"))
            default: break
            }
        }
        return latencies
    }
}
