internal import Foundation

/// What metering adds to the first byte of an answer: what is reserved for a request is in the store before it is forwarded.
///
/// One client asks again after a pause, in which what it has used is booked.
struct MeteredScenario: Scenario {
    private static let pause = 0.003

    let title = "HTTP/1.1, first byte of an answer: sold as a whole, and metered"
    var programs: [Program] { [.sluice] }

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        let whole = try firstBytes(program, Duty(isPaid: true), bench)
        let metered = try firstBytes(program, Duty(isPaid: true, isMetered: true), bench)
        return [
            .firstByteWhole: whole.median.microseconds,
            .firstByteMetered: metered.median.microseconds,
            .addedMedian: (metered.median - whole.median).microseconds,
            .addedSlow: (metered.slow - whole.slow).microseconds,
        ]
    }

    private func firstBytes(_ program: Program, _ duty: Duty, _ bench: Workbench) throws -> LoadResult {
        try bench.start(program, for: duty).whileRunning { gateway in
            let socket = try Socket(connectingTo: gateway.port)
            defer { socket.close() }
            let fields = gateway.fields.map { "\($0)\r\n" }.joined()
            let request = Array("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\(fields)\r\n".utf8)
            var latencies = [Duration]()
            let end = ContinuousClock.now + .seconds(bench.seconds)
            while ContinuousClock.now < end {
                latencies.append(try ask(request, on: socket))
                Thread.sleep(forTimeInterval: Self.pause)
            }
            return LoadResult(latencies: latencies, duration: .seconds(bench.seconds))
        }
    }

    /// How long it takes until the first byte comes; reads all of the answer.
    private func ask(_ request: [UInt8], on socket: Socket) throws -> Duration {
        let start = ContinuousClock.now
        guard socket.send(request) == request.count else { throw BenchFailure("the connection broke") }
        var latency: Duration?
        var received = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        repeat {
            let count = buffer.withUnsafeMutableBytes { socket.receive(into: $0) }
            guard count > 0 else { throw BenchFailure("an answer ended after \(received.count) bytes") }
            latency = latency ?? start.duration(to: .now)
            received += buffer[..<count]
        } while try !Answer.isWhole(received)
        return latency ?? .zero
    }
}
