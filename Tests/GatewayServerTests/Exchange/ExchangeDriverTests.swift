import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

struct ExchangeDriverTests {
    struct Course: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [DriverScript.Event]
        let actions: [String]

        init(_ name: String, _ events: [DriverScript.Event], _ actions: [String]) {
            testDescription = name
            self.events = events
            self.actions = actions
        }
    }

    /// All with two stages, so each begins with `admit 0`.
    static let courses: [Course] = [
        .init(
            "forwarded and answered",
            [.next, .forward, .connects, .responds, .written],
            ["admit 1", "connect", "request", "response", "finish answered 200, settle 2"]
        ),
        .init("answered by the first stage", [.reply, .written], ["reply 200", "finish replied 200, settle 0"]),
        .init(
            "answered by the second stage",
            [.next, .reply, .written],
            ["admit 1", "reply 200", "finish replied 200, settle 1"]
        ),
        .init(
            "forwarded by the first stage",
            [.forward, .connects, .responds, .written],
            ["connect", "request", "response", "finish answered 200, settle 1"]
        ),
        .init(
            "forwarded in spite of a rejection",
            [.next, .rejected, .written],
            ["admit 1", "reply 401", "finish replied 401, settle 2"]
        ),
        .init("the first stage fails", [.stageFails, .written], ["reply 500", "finish replied 500, settle 0"]),
        .init(
            "the second stage fails",
            [.next, .stageFails, .written],
            ["admit 1", "reply 500", "finish replied 500, settle 1"]
        ),
        .init(
            "no stage answers",
            [.next, .next, .written],
            ["admit 1", "reply 500", "finish replied 500, settle 2"]
        ),
        .init(
            "no connection",
            [.next, .forward, .upstreamFails, .written],
            [
                "admit 1", "connect", "reply 502",
                "finish upstreamFailed(GatewayKit.UpstreamFailure.closed) 502, settle 2",
            ]
        ),
        .init(
            "no response",
            [.forward, .connects, .upstreamFails, .written],
            [
                "connect", "request", "reply 502",
                "finish upstreamFailed(GatewayKit.UpstreamFailure.closed) 502, settle 1",
            ]
        ),
        .init(
            "half a response",
            [.forward, .connects, .responds, .upstreamFails],
            ["connect", "request", "response", "abort upstreamFailed(GatewayKit.UpstreamFailure.closed) 200, settle 1"]
        ),
        .init(
            "a stale connection",
            [.forward, .connects, .staleFails, .connects, .responds, .written],
            ["connect", "request", "connect", "request", "response", "finish answered 200, settle 1"]
        ),
        .init(
            "two stale connections",
            [.forward, .connects, .staleFails, .connects, .staleFails, .written],
            [
                "connect", "request", "connect", "request", "reply 502",
                "finish upstreamFailed(GatewayKit.UpstreamFailure.closed) 502, settle 1",
            ]
        ),
        .init(
            "connection after connection takes no more",
            [.forward, .connects, .refuses, .connects, .refuses, .connects, .refuses, .written],
            [
                "connect", "request", "connect", "request", "connect", "request", "reply 502",
                "finish upstreamFailed(GatewayKit.UpstreamFailure.closed) 502, settle 1",
            ]
        ),
        .init(
            "a connection that takes no more and then a stale one",
            [.forward, .connects, .refuses, .connects, .staleFails, .written],
            [
                "connect", "request", "connect", "request", "reply 502",
                "finish upstreamFailed(GatewayKit.UpstreamFailure.closed) 502, settle 1",
            ]
        ),
        .init(
            "a stale connection and then none",
            [.forward, .connects, .staleFails, .upstreamFails, .written],
            [
                "connect", "request", "connect", "reply 502",
                "finish upstreamFailed(GatewayKit.UpstreamFailure.closed) 502, settle 1",
            ]
        ),
        .init(
            "the client leaves while the first stage decides, which admits",
            [.clientLeaves, .next],
            ["wait", "abort clientLeft -, settle 1"]
        ),
        .init(
            "the client leaves while the first stage decides, which forwards",
            [.clientLeaves, .forward],
            ["wait", "abort clientLeft -, settle 1"]
        ),
        .init(
            "the client leaves while the first stage decides, which refuses",
            [.clientLeaves, .reply],
            ["wait", "abort clientLeft -, settle 0"]
        ),
        .init(
            "the client leaves while the second stage decides, which fails",
            [.next, .clientLeaves, .stageFails],
            ["admit 1", "wait", "abort clientLeft -, settle 1"]
        ),
        .init(
            "the client leaves before the connection",
            [.forward, .clientLeaves],
            ["connect", "abort clientLeft -, settle 1"]
        ),
        .init(
            "the client leaves before the response",
            [.forward, .connects, .clientLeaves],
            ["connect", "request", "abort clientLeft -, settle 1"]
        ),
        .init(
            "the client leaves in the response",
            [.forward, .connects, .responds, .clientLeaves],
            ["connect", "request", "response", "abort clientLeft 200, settle 1"]
        ),
        .init(
            "the client leaves in the reply",
            [.next, .reply, .clientLeaves],
            ["admit 1", "reply 200", "abort clientLeft 200, settle 1"]
        ),
        .init("drained while a stage decides", [.drains, .next], ["wait", "abort drained -, settle 1"]),
        .init("drained before the connection", [.forward, .drains], ["connect", "abort drained -, settle 1"]),
        .init(
            "drained in the response",
            [.forward, .connects, .responds, .drains],
            ["connect", "request", "response", "abort drained 200, settle 1"]
        ),
        .init(
            "cut in the response",
            [.forward, .connects, .responds, .filterCuts],
            ["connect", "request", "response", "abort cut 200, settle 1"]
        ),
        .init(
            "cut in the reply",
            [.reply, .filterCuts, .written],
            ["reply 200", "wait", "finish replied 200, settle 0"]
        ),
        .init(
            "withheld in the response",
            [.forward, .connects, .responds, .withheld, .written],
            ["connect", "request", "response", "reply 503", "finish replied 503, settle 1"]
        ),
        .init(
            "withheld in the reply",
            [.next, .reply, .withheld, .written],
            ["admit 1", "reply 200", "reply 503", "finish replied 503, settle 1"]
        ),
        .init(
            "withheld, and the upstream fails meanwhile",
            [.forward, .connects, .responds, .withheld, .upstreamFails, .written],
            ["connect", "request", "response", "reply 503", "wait", "finish replied 503, settle 1"]
        ),
        .init(
            "an end that is told in the response",
            [.forward, .connects, .responds, .told],
            [
                "connect", "request", "response",
                "finish upstreamFailed(GatewayKit.UpstreamFailure.timeout) 200, settle 1",
            ]
        ),
        .init(
            "an end that is told in the reply",
            [.reply, .told, .written],
            ["reply 200", "wait", "finish replied 200, settle 0"]
        ),
        .init(
            "refused once a stage was asked",
            [.refused, .next, .reply, .written],
            ["wait", "admit 1", "reply 200", "finish replied 200, settle 1"]
        ),
        .init("drained in the reply", [.reply, .drains], ["reply 200", "abort drained 200, settle 0"]),
        .init(
            "drained and left while a stage decides",
            [.drains, .clientLeaves, .next],
            ["wait", "wait", "abort drained -, settle 1"]
        ),
        .init(
            "the body fails before the connection",
            [.forward, .bodyFails, .written],
            ["connect", "reply 400", "finish replied 400, settle 1"]
        ),
        .init(
            "the body fails before the response",
            [.forward, .connects, .bodyFails, .written],
            ["connect", "request", "reply 400", "finish replied 400, settle 1"]
        ),
        .init(
            "the body fails in the response",
            [.forward, .connects, .responds, .bodyFails],
            ["connect", "request", "response", "abort clientLeft 200, settle 1"]
        ),
    ]

    @Test(arguments: courses)
    func `an exchange takes its course`(_ course: Course) {
        #expect(DriverScript.actions(course.events) == ["admit 0"] + course.actions)
    }

    @Test(arguments: courses)
    func `nothing happens after the end`(_ course: Course) {
        var script = DriverScript()
        for event in course.events + DriverScript.Event.allCases {
            script.tell(event)
        }
        let after = script.actions.suffix(DriverScript.Event.allCases.count)
        #expect(after.allSatisfy { $0 == "wait" })
        #expect(script.ends.count == 1)
    }

    @Test func `a route without stages is answered`() {
        #expect(DriverScript.actions(stages: 0, [.written]) == ["reply 500", "finish replied 500, settle 0"])
    }

    /// What is not started knows no stage: nobody is asked, adjusts or is settled.
    @Test(
        arguments: [
            (.written, "finish replied 413, settle 0"), (.clientLeaves, "abort clientLeft 413, settle 0"),
            (.drains, "abort drained 413, settle 0"),
        ] as [(DriverScript.Event, String)]
    )
    func `a request that is refused before its first stage ends without any`(
        _ end: DriverScript.Event,
        _ action: String
    ) {
        var script = DriverScript(starts: false)
        for event in [.refused, .refused, .next, end, .written] as [DriverScript.Event] {
            script.tell(event)
        }
        #expect(script.actions == ["reply 413", "wait", "wait", action, "wait"])
    }

    @Test func `bytes are in the outcome`() {
        var driver = ExchangeDriver(stageCount: 1)
        _ = driver.start()
        _ = driver.stageDecided(.reply(Reply(.ok)), refusal: nil)
        driver.requestBytes = 5
        driver.responseBytes = 7
        guard case .finish(let outcome) = driver.responseWritten() else {
            Issue.record("the exchange did not finish")
            return
        }
        #expect(outcome.requestBytes == 5)
        #expect(outcome.responseBytes == 7)
    }

    @Test func `the request's body flows from the connection to the end`() {
        let events: [DriverScript.Event] = [.forward, .connects, .responds, .written]
        var script = DriverScript()
        var flows = [script.driver.passesRequestBody]
        for event in events {
            script.tell(event)
            flows.append(script.driver.passesRequestBody)
        }
        #expect(flows == [false, false, true, true, false])
    }

    @Test(
        arguments: [
            (.unreachable, 502), (.closed, 502), (.malformed, 502), (.timeout, 504), (.busy, 503),
        ] as [(UpstreamFailure, Int)]
    )
    func `each failure of an upstream has its status`(_ failure: UpstreamFailure, _ status: Int) {
        var driver = ExchangeDriver(stageCount: 1)
        _ = driver.start()
        _ = driver.stageDecided(.forward(DriverScript.upstream), refusal: nil)
        guard case .reply(let reply) = driver.upstreamFailed(failure, mostRetries: 0) else {
            Issue.record("the failure was not answered")
            return
        }
        #expect(reply.status.code == status)
    }
}
