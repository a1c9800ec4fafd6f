import GatewayKit
import GatewayServer
import Testing

/// Events in random order, many more than a connection would make.
struct ExchangeDriverWalkTests {
    /// What ends an exchange wherever it stands, in the order in which a connection would say it.
    private static let closing: [DriverScript.Event] = [.clientLeaves, .next]

    @Test(arguments: 0..<20)
    func `an exchange ends exactly once, whatever happens`(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<500 {
            var script = DriverScript(stages: Int.random(in: 0...4, using: &random))
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                script.tell(DriverScript.Event.allCases.randomElement(using: &random) ?? .next)
            }
            for event in Self.closing {
                script.tell(event)
            }
            #expect(script.ends.count == 1)
            #expect(script.driver.isDone)
        }
    }

    /// Decisions come only from a stage that was asked, as they do from a runner.
    @Test(arguments: 0..<20)
    func `what is settled is what admitted`(_ seed: Int) {
        let decisions: [DriverScript.Event] = [.next, .reply, .forward, .rejected, .stageFails]
        let others: [DriverScript.Event] = DriverScript.Event.allCases.filter { !decisions.contains($0) }
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<500 {
            let stages = Int.random(in: 1...4, using: &random)
            var script = DriverScript(stages: stages)
            var admitted = 0
            while !script.driver.isDone {
                let candidates = script.isDeciding ? decisions + decisions + others : others
                let event = candidates.randomElement(using: &random) ?? .next
                if script.isDeciding, [.next, .forward, .rejected].contains(event) { admitted += 1 }
                script.tell(event)
                #expect(script.driver.admitted == admitted)
            }
            #expect(admitted <= stages)
        }
    }

    @Test(arguments: 0..<20)
    func `a request is sent twice at the most`(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<500 {
            var script = DriverScript(stages: 1)
            script.tell(.forward)
            for _ in 0..<30 {
                script.tell([.connects, .staleFails, .upstreamFails].randomElement(using: &random) ?? .connects)
            }
            #expect(script.actions.filter { $0 == "request" }.count <= 2)
        }
    }
}
