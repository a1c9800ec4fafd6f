import GatewayKit
import HTTPTypes
import NIOCore

/// Sets a filter of closures, and notes what it is asked and told.
struct FilterStage: Stage {
    typealias Passage = @Sendable (String, ByteBuffer, FilterCall) throws -> Eventually<ByteBuffer>

    let journal: Journal
    var keepsLength = false
    /// Nothing of the response goes on before this is true.
    var gate: Watched<Bool>?
    var trailers: @Sendable (Fields, FilterCall) throws -> Eventually<Fields> = { fields, _ in .now(fields) }
    /// Gets the part as text, too.
    let passage: Passage

    func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.next) }

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        exchange.addResponseFilter(ClosureFilter(self, exchange.eventLoop))
        guard let gate else { return }
        journal.note("hold")
        let opened = exchange.later { try await gate.wait(for: "the end of a hold") { $0 } }
        exchange.holdResponse(until: opened.map { _ in })
    }

    func settle(_ exchange: Exchange, as outcome: Outcome) { journal.note("settle \(outcome.line)") }
}

/// What a filter has at hand when it is asked.
struct FilterCall {
    let outlet: any ResponseOutlet
    let eventLoop: any EventLoop

    func send(_ text: String) { outlet.send(ByteBuffer(string: text)) }

    /// The answer, once the gate is open.
    func later<Value: Sendable>(_ gate: Watched<Bool>, _ value: Value) -> Eventually<Value> {
        .later(
            eventLoop.makeFutureWithTask {
                try await gate.wait(for: "the gate of a filter") { $0 }
                return value
            }
        )
    }

    /// The answer, in the next turn of the event loop.
    func soon<Value: Sendable>(_ value: Value) -> Eventually<Value> {
        .later(eventLoop.submit { value })
    }
}

private final class ClosureFilter: ResponseFilter {
    let stage: FilterStage
    let eventLoop: any EventLoop

    init(_ stage: FilterStage, _ eventLoop: any EventLoop) {
        self.stage = stage
        self.eventLoop = eventLoop
    }

    var keepsLength: Bool { stage.keepsLength }

    func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) throws -> Eventually<ByteBuffer> {
        let text = String(buffer: part)
        if text.utf8.count < 100 { stage.journal.note("part \(text)") }
        return try stage.passage(text, part, FilterCall(outlet: outlet, eventLoop: eventLoop))
    }

    func trailers(after trailers: Fields, to outlet: any ResponseOutlet) throws -> Eventually<Fields> {
        stage.journal.note("end")
        return try stage.trailers(trailers, FilterCall(outlet: outlet, eventLoop: eventLoop))
    }

    func settle(as outcome: Outcome) { stage.journal.note("filter \(outcome.line)") }
}

extension Gateway {
    /// A gateway with this filter in front of an upstream of this version.
    static func filtering(
        _ filter: FilterStage,
        _ version: Versions.Version,
        timeouts: Upstream.Timeouts = .init(),
        limits: MessageLimits = MessageLimits(),
        drainTimeout: Duration = .milliseconds(200),
        answering script: @escaping AnsweringUpstream.Script,
        _ body: @Sendable (Gateway, ScriptedUpstream) async throws -> Void
    ) async throws {
        let service = try await AnsweringUpstream.start(version, script)
        let upstream = Upstream(
            name: "scripted",
            host: "127.0.0.1",
            port: service.port,
            transport: version == .http1 ? .http1 : .http2,
            timeouts: timeouts
        )
        let stages: [any Stage] = [filter, ForwardStage(upstream)]
        do {
            try await serving(stages, limits: limits, drainTimeout: drainTimeout) { gateway in
                try await body(gateway, service)
            }
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }
}
