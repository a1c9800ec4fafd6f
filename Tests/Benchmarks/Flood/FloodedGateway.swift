internal import Foundation

/// Sluice on the core under test, with a thousand routes that are sold, the usual budget of invoices, a database, and a limit of
/// requests that a flood does not reach; whose node and operator's page tell what requests have left behind.
struct FloodedGateway {
    static let routeCount = 1_000
    private static let warmUpCount = 1_000

    /// What it takes while nobody asks it anything.
    struct Footprint {
        let memory: ByteCount
        let database: ByteCount
    }

    private struct Report: Decodable {
        struct Service: Decodable {
            let issued: Int
        }

        let open: Int
        let services: [Service]
    }

    /// Of the node: it numbers its invoices from 1.
    private struct NewInvoice: Decodable {
        let addIndex: String
    }

    let port: Int
    private let adminPort: Int
    private let walletPort: Int
    private let dataFolder: String
    private let process: ChildProcess

    /// - Throws: `BenchFailure` with what it said, when it does not start.
    init(on bench: Workbench) throws {
        port = try FreePort.next()
        adminPort = try FreePort.next()
        walletPort = try FreePort.next()
        let folder = try bench.workspace.folder("flood")
        dataFolder = "\(folder)/data"
        let policy = """
            version: 1
            listen: [{ address: 127.0.0.1:\(port), trusted-proxies: [127.0.0.1] }]
            admin: { listen: 127.0.0.1:\(adminPort) }
            lightning: { use: dev, listen: 127.0.0.1:\(walletPort) }
            store: { use: sqlite }
            upstreams:
              back: { url: http://127.0.0.1:\(bench.upstreams.http) }
            pipelines:
              paid:
                - auth: l402
                - caveats: [expires, service]
                - rate-limit: { limit: 1000000/s, burst: 1000000 }
            routes:

            """
        let file = try bench.workspace.write(
            (policy + (0..<Self.routeCount).map(Self.route).joined()).utf8,
            to: "flood/policy.yaml"
        )
        process = try ChildProcess(
            [bench.tools.sluice, "run", file, "--data", dataFolder],
            named: "sluice-flood",
            on: .underTest,
            workspace: bench.workspace,
            tools: bench.tools
        )
        do {
            try process.waitForPort(port, within: .seconds(15))
        } catch {
            process.stop()
            throw error
        }
    }

    private static func route(_ number: Int) -> String {
        """
          - name: r\(number)
            match: { path: /r\(number) }
            pipeline:
              - use: paid
              - price: \(number + 1) sat
              - forward: back

        """
    }

    func stop() {
        process.stop()
    }

    /// Asks for what is not there: what the first requests need is not the flood's.
    func warmUp(with load: FloodLoad) throws {
        let statuses = try load.run(0..<Self.warmUpCount) { _ in "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" }
        guard statuses == [404: Self.warmUpCount] else {
            throw BenchFailure("what is not there is answered \(statuses)")
        }
    }

    // MARK: What is left

    /// Waits until what was noted is in the database.
    func footprint() -> Footprint {
        Thread.sleep(forTimeInterval: 1)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: dataFolder)) ?? []
        // Its log is a file of its own, and a part of what it takes.
        let sizes = names.filter { $0.hasPrefix("sluice.db") }.map { name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(dataFolder)/\(name)")
            return (attributes?[.size] as? NSNumber)?.intValue ?? 0
        }
        return Footprint(memory: process.usage.memory, database: ByteCount(sizes.reduce(0, +)))
    }

    /// As the gateway counts them.
    func invoices() throws -> (issued: Int, open: Int) {
        let told = try answer(to: "GET /invoices HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", at: adminPort)
        let report = try JSONDecoder().decode(Report.self, from: Data(told))
        return (report.services.reduce(0) { $0 + $1.issued }, report.open)
    }

    /// As the node counts them, which makes one more to tell.
    func invoicesOfNode() throws -> Int {
        let body = #"{"value":"1"}"#
        let head = "POST /v1/invoices HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let made = try decoder.decode(NewInvoice.self, from: Data(try answer(to: head + body, at: walletPort)))
        guard let number = Int(made.addIndex) else { throw BenchFailure("the node made an invoice without a number") }
        return number - 1
    }

    private func answer(to request: String, at port: Int) throws -> [UInt8] {
        let socket = try Socket(connectingTo: port)
        defer { socket.close() }
        let bytes = Array(request.utf8)
        guard socket.send(bytes) == bytes.count else { throw BenchFailure("a connection broke") }
        var received = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { socket.receive(into: $0) }
            guard count > 0 else { throw BenchFailure("an answer ended after \(received.count) bytes") }
            received += buffer[..<count]
            guard let answer = try SizedAnswer(received) else { continue }
            guard answer.status == 200 else { throw BenchFailure("the gateway itself answered \(answer.status)") }
            return answer.body
        }
    }
}
