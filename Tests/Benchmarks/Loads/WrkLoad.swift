internal import Foundation

/// HTTP/1.1 requests by wrk, on connections that are kept.
struct WrkLoad: Load {
    var path = "/"
    var connections = 64
    /// Zero for a GET, else the body of a POST.
    var bodySize = ByteCount(0)

    func run(on gateway: Gateway, seconds: Int, bench: Workbench) throws -> LoadResult {
        let script = try bench.workspace.write(script.utf8, to: "wrk.lua")
        var command = [bench.tools[.wrk], "-t", "1", "-c", "\(connections)", "-d", "\(seconds)s", "-s", script]
        for field in gateway.fields { command += ["-H", field] }
        let wrk = try ChildProcess(
            command + [gateway.origin + path],
            named: "wrk",
            on: .everythingElse,
            workspace: bench.workspace,
            tools: bench.tools
        )
        let output = try wrk.output(within: .seconds(seconds + 15))
        return try result(of: output)
    }

    /// wrk's own report is rounded, for people.
    private var script: String {
        let post = "wrk.method = 'POST'\nwrk.body = string.rep('x', \(bodySize.bytes))\n"
        return (bodySize.bytes > 0 ? post : "") + """
            function done(summary, latency, requests)
                local e = summary.errors
                io.write(string.format("bench %d %d %d %d %d %d\\n", summary.requests, summary.duration,
                    latency:percentile(50), latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
            end

            """
    }

    private func result(of output: String) throws -> LoadResult {
        let line = output.split(separator: "\n").last { $0.hasPrefix("bench ") }
        let values = (line ?? "").split(separator: " ").compactMap { Int($0) }
        guard values.count == 6 else { throw BenchFailure("wrk said: \(output.suffix(200))") }
        guard values[0] > 0 else { throw BenchFailure("no request was answered") }
        guard values[4] == 0 else { throw BenchFailure("\(values[4]) of \(values[0]) answers had a status above 399") }
        guard values[5] == 0 else { throw BenchFailure("\(values[5]) connections or requests broke") }
        return LoadResult(
            requests: values[0],
            duration: .microseconds(values[1]),
            median: .microseconds(values[2]),
            slow: .microseconds(values[3])
        )
    }
}
