import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Testing

struct RequestDeciderTests {
    private func decider(_ stages: [any Stage]) async throws -> RequestDecider {
        try await RequestDecider.on(
            MultiThreadedEventLoopGroup.singleton,
            routing: SingleRoute(Route(name: "example", stages: stages)),
            listener: ListenerSettings(host: "127.0.0.1", port: 0),
            time: .system,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test func `whoever no longer waits for a decision is a client that left`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let decider = try await decider([
            RecordingStage("a", journal), LaterStage(journal: journal, gate: gate), ReplyStage(),
        ])
        let decision = decider.begin(TrialRequest(authority: "a", target: "/"))
        _ = try await journal.lines(2)
        decision.withdraw()
        gate.update { $0 = true }
        let outcome = try await decision.outcome.get()
        #expect(!outcome.isServed)
        #expect(journal.value == ["admit a", "asked", "settle clientLeft -", "settle a clientLeft -"])
    }

    @Test func `a decision that was made cannot be withdrawn`() async throws {
        let journal = Journal()
        let decider = try await decider([RecordingStage("a", journal), ReplyStage()])
        let decision = decider.begin(TrialRequest(authority: "a", target: "/"))
        let outcome = try await decision.outcome.get()
        decision.withdraw()
        try await decision.outcome.eventLoop.submit {}.get()
        #expect(outcome.head?.status == .ok)
        #expect(journal.value.last == "settle a replied 200")
    }
}
