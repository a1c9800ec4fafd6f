import GatewayKit
import HTTPTypes
import NIOCore

/// What the stages of a test saw, in the order in which they saw it.
typealias Journal = Watched<[String]>

extension Watched where Value == [String] {
    convenience init() {
        self.init([])
    }

    func note(_ line: String) {
        update { $0.append(line) }
    }

    /// The lines, once there are as many.
    func lines(_ count: Int) async throws -> [String] {
        try await wait(for: "\(count) lines in the journal") { $0.count >= count }
    }
}

/// Goes on, and notes everything that it is told.
struct RecordingStage: Stage {
    let name: String
    let journal: Journal
    var field: FieldName?

    init(_ name: String, _ journal: Journal, marks field: String? = nil) {
        self.name = name
        self.journal = journal
        self.field = field.flatMap { FieldName($0) }
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        journal.note("admit \(name)")
        return .now(.next)
    }

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        journal.note("adjust \(name) \(response.status.code)")
        if let field { response.fields.add(field, name) }
    }

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        journal.note("settle \(name) \(outcome.line)")
    }
}

/// Decides by a closure, and notes when it is settled.
struct ClosureStage: Stage {
    let journal: Journal?
    let decide: @Sendable (Exchange) throws -> Eventually<Decision>

    init(_ journal: Journal? = nil, _ decide: @escaping @Sendable (Exchange) throws -> Eventually<Decision>) {
        self.journal = journal
        self.decide = decide
    }

    func admit(_ exchange: Exchange) throws -> Eventually<Decision> { try decide(exchange) }
    func settle(_ exchange: Exchange, as outcome: Outcome) { journal?.note("settle \(outcome.line)") }
}

struct ReplyStage: Stage {
    let reply: Reply

    init(_ reply: Reply = .text("replied")) {
        self.reply = reply
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.reply(reply)) }
}

struct ForwardStage: Stage {
    let upstream: Upstream

    init(_ upstream: Upstream) {
        self.upstream = upstream
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.forward(upstream)) }
}

struct ThrowingStage: Stage {
    let error: any Error

    func admit(_ exchange: Exchange) throws -> Eventually<Decision> { throw error }
}

/// Decides when the test opens its gate.
struct LaterStage: Stage {
    let journal: Journal
    let gate: Watched<Bool>
    var decision = Decision.next

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        journal.note("asked")
        let (gate, decision) = (gate, decision)
        return exchange.later {
            try await gate.wait(for: "the gate") { $0 }
            return decision
        }
    }

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) { journal.note("adjust") }
    func settle(_ exchange: Exchange, as outcome: Outcome) { journal.note("settle \(outcome.line)") }
}

/// Reads the whole body, notes it, and goes on.
struct BodyStage: Stage {
    let limit: ByteCount
    let bodies: Watched<[[UInt8]]>

    init(upTo limit: ByteCount = .kibibytes(64), _ bodies: Watched<[[UInt8]]> = Watched([])) {
        self.limit = limit
        self.bodies = bodies
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        exchange.body(upTo: limit).map { body in
            bodies.update { $0.append(Array(body.readableBytesView)) }
            return .next
        }
    }
}

extension Outcome {
    /// `answered 200`.
    var line: String {
        "\(end) \(status.map { "\($0.code)" } ?? "-")"
    }
}
