import GatewayKit
import GatewayServer
import HTTPTypes

/// Tells a driver events by their names and writes down its actions by theirs.
struct DriverScript {
    enum Event: String, CaseIterable, Sendable {
        case next, reply, forward, rejected, stageFails
        case connects, responds, upstreamFails, staleFails, refuses, written, filterCuts
        case withheld, told, refused
        case clientLeaves, bodyFails, drains
    }

    static let upstream = Upstream(name: "u", host: "127.0.0.1", port: 1)

    private(set) var driver: ExchangeDriver
    private(set) var actions: [String] = []
    /// Actions that ended the exchange.
    private(set) var ends: [Outcome] = []
    /// The driver asked a stage that has not decided yet.
    private(set) var isDeciding = false

    /// - Parameter starts: false: the first event is in place of the start.
    init(stages: Int = 2, starts: Bool = true) {
        driver = ExchangeDriver(stageCount: stages)
        if starts { note(driver.start()) }
    }

    /// The actions that these events lead to, after the start.
    static func actions(stages: Int = 2, _ events: [Event]) -> [String] {
        var script = DriverScript(stages: stages)
        for event in events {
            script.tell(event)
        }
        return script.actions
    }

    mutating func tell(_ event: Event) {
        switch event {
        case .next: decide(.next)
        case .reply: decide(.reply(Reply(.ok)))
        case .forward: decide(.forward(Self.upstream))
        case .rejected: decide(.forward(Self.upstream), refusal: Reply(.unauthorized, detail: "not allowed"))
        case .stageFails:
            isDeciding = false
            note(driver.stageFailed(with: Reply(.internalServerError)))
        case .connects: note(driver.connected())
        case .responds:
            let action = driver.upstreamResponded()
            if case .sendResponse = action { driver.sent(.ok) }
            note(action)
        case .upstreamFails: note(driver.upstreamFailed(.closed, mostRetries: 0))
        case .staleFails: note(driver.upstreamFailed(.closed, mostRetries: 1))
        case .refuses: note(driver.upstreamFailed(.closed, mostRetries: 2))
        case .written: note(driver.responseWritten())
        case .filterCuts: note(driver.filterCut())
        case .refused: note(driver.refuse(with: Reply(.contentTooLarge)))
        case .withheld: note(driver.responseWithheld(for: Reply(.serviceUnavailable)))
        case .told: note(driver.endTold(.upstreamFailed(.timeout)))
        case .clientLeaves: note(driver.clientLeft())
        case .bodyFails: note(driver.requestFailed(with: Reply(.badRequest)))
        case .drains: note(driver.drainExpired())
        }
    }

    private mutating func decide(_ decision: Decision, refusal: Reply? = nil) {
        isDeciding = false
        note(driver.stageDecided(decision, refusal: refusal))
    }

    private mutating func note(_ action: ExchangeDriver.Action) {
        switch action {
        case .admit(let index):
            isDeciding = true
            actions.append("admit \(index)")
        case .reply(let reply):
            driver.sent(reply.status)
            actions.append("reply \(reply.status.code)")
        case .connect: actions.append("connect")
        case .sendRequest: actions.append("request")
        case .sendResponse: actions.append("response")
        case .wait: actions.append("wait")
        case .finish(let outcome):
            ends.append(outcome)
            actions.append("finish \(outcome.line), settle \(driver.admitted)")
        case .abort(let outcome):
            ends.append(outcome)
            actions.append("abort \(outcome.line), settle \(driver.admitted)")
        }
    }
}
