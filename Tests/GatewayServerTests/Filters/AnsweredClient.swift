import GatewayServer
import NIOCore

/// A client of either version with one request, and what has come of the answer.
struct AnsweredClient: Sendable {
    struct Answer: Sendable, Equatable {
        enum End: Sendable {
            case none
            case whole
            /// The client sees that there should be more.
            case cut
        }

        var status = 0
        /// `name: value`.
        var fields: [String] = []
        var body = ""
        var trailers: [String] = []
        var end = End.none
        var count = 0
    }

    let version: Versions.Version
    let connection: RawConnection

    static func request(
        _ gateway: Gateway,
        _ version: Versions.Version,
        method: String = "GET",
        reads: Bool = true
    ) async throws -> AnsweredClient {
        let connection = try await gateway.connect(reads: reads)
        switch version {
        case .http1: try await connection.send("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
        case .http2: try await connection.send(machine(method).output)
        }
        return AnsweredClient(version: version, connection: connection)
    }

    /// One that has sent the request, with windows for all that may come.
    private static func machine(_ method: String = "GET") -> (machine: HTTP2Machine, output: [UInt8]) {
        var limits = HTTP2Connection.Limits()
        limits.streamWindow = 64 << 20
        limits.connectionWindow = 64 << 20
        var machine = HTTP2Machine(fresh: .client, limits)
        let stream = machine.connection.openStream() ?? 1
        let request: [UInt8] =
            .literal(":method", method) + .literal(":scheme", "http") + .literal(":path", "/")
            + .literal(":authority", "a")
        machine.send(stream, request, ends: true)
        let output = Array(machine.connection.output.readableBytesView)
        _ = machine.takeOutput()
        return (machine, output)
    }

    /// The answer, once it is as it should be.
    @discardableResult
    func answer(
        _ what: String,
        _ isMet: @escaping @Sendable (Answer) -> Bool
    ) async throws -> Answer {
        let version = version
        let state = try await connection.received.wait(for: what) { isMet(Self.answer(of: $0, version)) }
        return Self.answer(of: state, version)
    }

    func whole() async throws -> Answer { try await answer("a whole answer") { $0.end == .whole } }
    func ended() async throws -> Answer { try await answer("the end of an answer") { $0.end != .none } }

    private static func answer(of state: RawConnection.Received, _ version: Versions.Version) -> Answer {
        switch version {
        case .http1: http1(state)
        case .http2: http2(state)
        }
    }

    private static func http1(_ state: RawConnection.Received) -> Answer {
        let bytes = state.bytes[...]
        guard let message = WireMessage.first(in: bytes, .response, isClosed: true)?.message else {
            return Answer(end: state.isEnded ? .cut : .none)
        }
        var answer = Answer(status: message.status, body: message.text, count: message.body.count)
        answer.fields = message.fields.map { "\($0.name): \($0.value)" }
        answer.trailers = message.trailers.map { "\($0.name): \($0.value)" }
        if WireMessage.first(in: bytes, .response, isClosed: false) != nil {
            answer.end = .whole
        } else if state.isEnded {
            answer.end = message.isWhole ? .whole : .cut
        }
        return answer
    }

    private static func http2(_ state: RawConnection.Received) -> Answer {
        var machine = machine().machine
        let events = machine.read(state.bytes)
        var answer = Answer()
        if let head = machine.heads.first {
            answer.status = Int(head[0].dropFirst(":status: ".count)) ?? 0
            answer.fields = Array(head.dropFirst())
        }
        let body = machine.bodies[1] ?? []
        (answer.body, answer.count) = (String(decoding: body, as: UTF8.self), body.count)
        if machine.heads.count > 1 { answer.trailers = machine.heads[1] }
        if events.contains(where: { $0.hasSuffix(" end") }) {
            answer.end = .whole
        } else if state.isEnded || events.contains(where: { $0.hasPrefix("reset 1") }) {
            answer.end = .cut
        }
        return answer
    }
}
