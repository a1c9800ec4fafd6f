import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayTesting
import MPP
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

/// Responses that a session pays for by the event and by the byte: ten satoshis a unit, five units at first, of which the
/// request that opens it takes one.
@Suite(.timeLimit(.minutes(5))) struct `A metered response` {
    private static func route(_ name: String, service: String, _ terms: String) -> String {
        """
          - name: \(name)
            match: { path: /\(name)/* }
            service: \(service)
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 50 sat, \(terms) }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: { to: echo, strip: /\(name) }
        """
    }

    private static let routes = [
        route("patient", service: "events", "meter: event"),
        route("brief", service: "events", "meter: event, session-timeout: 1s"),
        route("bytes", service: "bytes", "meter: { bytes: 16 KiB }"),
    ].joined(separator: "\n")

    private func sats(_ count: UInt64) -> Amount { Amount(millisatoshis: count * 1_000) }

    private static func events(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { "data: \($0)\n\n" }.joined()
    }

    private static func shortage(_ client: SessionClient, _ event: String, spent: Int) -> String {
        "event: \(event)\ndata: {\"balanceRequired\":10,\"balanceSpent\":\(spent),\"sessionId\":\"\(client.id)\"}\n\n"
    }

    /// A response that comes bit by bit.
    private final class Streamed: Sendable {
        private struct State {
            var text = ""
            var end: Result<Void, any Error>?
        }

        let status: Int
        private let state: NIOLockedValueBox<State>
        private let reading: Task<Void, Never>

        init(_ client: SessionClient, _ path: String) async throws {
            var request = HTTPClientRequest(url: client.gateway.url + path)
            let credential = try await client.bearer(at: path)
            request.headers.add(name: "Authorization", value: credential.authorization)
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
            status = Int(response.status.code)
            let state = NIOLockedValueBox(State())
            self.state = state
            reading = Task {
                do {
                    for try await part in response.body {
                        state.withLockedValue { $0.text += String(buffer: part) }
                    }
                    state.withLockedValue { $0.end = .success(()) }
                } catch {
                    state.withLockedValue { $0.end = .failure(error) }
                }
            }
        }

        var text: String { state.withLockedValue { $0.text } }

        /// Closes the connection.
        func leave() { reading.cancel() }

        func read(until end: String) async throws {
            while !text.hasSuffix(end), state.withLockedValue({ $0.end == nil }) {
                try await Task.sleep(for: .milliseconds(10))
            }
        }

        func readAll() async throws {
            await reading.value
            try state.withLockedValue { $0.end }?.get()
        }
    }

    @Test func `is held when the deposit is used up, and goes on after a top-up`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let client = try await gateway.openSession("/patient/echo")
            let stream = try await Streamed(client, "/patient/events/8")
            #expect(stream.status == 200)
            let shortage = Self.shortage(client, "payment-need-topup", spent: 50)
            try await stream.read(until: shortage)
            #expect(stream.text == Self.events(1...4) + shortage)
            #expect(try await client.kept.spent == sats(50))
            expectStatus(200, try await client.present(try await client.topUp()))
            try await stream.readAll()
            let rest = stream.text.dropFirst((Self.events(1...4) + shortage).count)
            let pieces = rest.split(separator: "event: payment-receipt\ndata: ", omittingEmptySubsequences: false)
            #expect(pieces.first.map(String.init) == Self.events(5...8))
            let receipt = try JSONReader.value(of: Array((pieces.last ?? "").prefix { $0 != "\n" }.utf8))
            #expect(receipt["reference"]?.text == client.id)
            #expect(receipt.canonical.contains("\"spent\":80"))
            #expect(receipt.canonical.contains("\"units\":8"))
            #expect(rest.hasSuffix("}\n\ndata: [DONE]\n\n"))
            // All that was paid ahead is back.
            #expect(try await client.kept.spent == sats(90))
            let closed = try await client.present(try await client.close())
            #expect(closed.body == #"{"refundSats":10,"refundStatus":"succeeded","status":"closed"}"#)
        }
    }

    @Test func `ends with its session when nobody tops it up`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let client = try await gateway.openSession("/brief/echo")
            let stream = try await Streamed(client, "/brief/events/8")
            try await stream.readAll()
            let last = Self.shortage(client, "session-timeout", spent: 50)
            #expect(stream.text == Self.events(1...4) + Self.shortage(client, "payment-need-topup", spent: 50) + last)
            try await gateway.until { try await client.kept.state == .closed }
            #expect(try await client.kept.spent == sats(50))
            #expect(try await client.use().problemType == "lightning/session-closed")
        }
    }

    @Test func `whose client leaves in the hold gives nothing back that was delivered`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let client = try await gateway.openSession("/patient/echo")
            let shortage = Self.shortage(client, "payment-need-topup", spent: 50)
            let left = try await Streamed(client, "/patient/events/8")
            try await left.read(until: shortage)
            #expect(left.text == Self.events(1...4) + shortage)
            left.leave()
            #expect(try await client.use().problemType == "lightning/insufficient-balance")
            expectStatus(200, try await client.present(try await client.topUp()))
            // The session has as much for the next stream as was added.
            let stream = try await Streamed(client, "/patient/events/4")
            try await stream.readAll()
            #expect(stream.text.contains(Self.events(1...4) + "event: payment-receipt"))
            #expect(try await client.kept.spent == sats(90))
        }
    }

    @Test func `keeps what it delivered when its session is closed, and nothing of what it paid ahead`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let client = try await gateway.openSession("/patient/echo")
            let stream = try await Streamed(client, "/patient/pausing/2")
            try await stream.read(until: Self.events(1...2))
            let closed = try await client.present(try await client.close())
            #expect(closed.body == #"{"refundSats":20,"refundStatus":"succeeded","status":"closed"}"#)
            #expect(try await client.kept.spent == sats(30))
            #expect(try await client.use().problemType == "lightning/session-closed")
            stream.leave()
            try? await stream.readAll()
            #expect(try await client.kept.spent == sats(30))
        }
    }

    @Test func `of one session never overdraws it together with others`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let client = try await gateway.openSession("/brief/echo")
            for _ in 0..<2 { expectStatus(200, try await client.present(try await client.topUp())) }
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let stream = try await Streamed(client, "/brief/events/1000")
                        try await stream.readAll()
                        return stream.text
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            let delivered = texts.map { text in
                text.split(separator: "\n\n").count { $0.hasPrefix("data: ") }
            }
            #expect(delivered.reduce(0, +) == 14)
            #expect(try await client.kept.spent == sats(150))
        }
    }

    @Test func `of bytes is cut where the deposit ends`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let client = try await gateway.openSession("/bytes/echo")
            let stream = try await Streamed(client, "/bytes/zeros/200000")
            await #expect(throws: (any Error).self) { try await stream.readAll() }
            #expect(stream.text.utf8.count == 4 * 16 * 1024)
            #expect(try await client.kept.spent == sats(50))
        }
    }

    @Test func `that is no stream of events costs one unit`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let client = try await gateway.openSession("/patient/echo")
            expectStatus(200, try await client.use())
            #expect(try await client.kept.spent == sats(20))
        }
    }
}
