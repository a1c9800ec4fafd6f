import GatewayServer
import NIOCore
import Testing

struct UpstreamEndpointHealthTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func failed(_ times: Int, limit: Int = 3) -> EndpointHealth {
        var health = EndpointHealth(limit: limit, seed: 0)
        for _ in 0..<times { health.failed(at: start) }
        return health
    }

    @Test func `an endpoint is out after as many failures in a row as it may have`() {
        #expect(!failed(2).isOut(at: start))
        #expect(failed(3).isOut(at: start))
    }

    @Test func `a failure that is conclusive is enough`() {
        var health = EndpointHealth(limit: 3, seed: 0)
        health.failed(at: start, isConclusive: true)
        #expect(health.isOut(at: start))
        #expect(!health.isOut(at: start + .seconds(1)))
    }

    @Test func `a success in between counts from the beginning`() {
        var health = failed(2)
        health.succeeded()
        health.failed(at: start)
        health.failed(at: start)
        #expect(!health.isOut(at: start))
    }

    @Test func `a success brings an endpoint back`() {
        var health = failed(3)
        health.succeeded()
        #expect(!health.isOut(at: start))
    }

    @Test func `failures of what was under way do not make it longer`() {
        #expect(!failed(30).isOut(at: start + .seconds(1)))
    }

    @Test func `after the pause one request tries, and its failure doubles the pause`() {
        var health = failed(3)
        let second = start + .seconds(1)
        health.tried(at: second)
        #expect(health.isOut(at: second))
        health.failed(at: second)
        #expect(health.isOut(at: second + .milliseconds(1_499)))
        #expect(!health.isOut(at: second + .seconds(2)))
    }

    @Test func `a trial that comes to nothing makes room for the next`() {
        var health = failed(3)
        health.tried(at: start + .seconds(1))
        #expect(!health.isOut(at: start + .seconds(2)))
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (100, 60)])
    func `the pause doubles up to a minute, less a quarter at the most`(outing: Int, seconds: Int64) {
        for seed in 0..<100 as Range<UInt64> {
            let pause = EndpointHealth.pause(outing, seed: seed)
            #expect(pause <= .seconds(seconds) && pause >= .milliseconds(seconds * 749))
        }
    }

    @Test func `the pause is the same for the same endpoint and another for another`() {
        #expect(EndpointHealth.pause(3, seed: 1) == EndpointHealth.pause(3, seed: 1))
        #expect(Set((0..<10).map { EndpointHealth.pause(3, seed: $0) }).count > 5)
    }

    @Test func `it takes several checks in a row to change a verdict`() {
        var verdict = CheckVerdict(healthyCount: 3, unhealthyCount: 2)
        let answers = [true, false, true, false, false, true, true, false, true, true, true]
        let changes = answers.map { verdict.note($0) }
        #expect(changes.indices.filter { changes[$0] } == [4, 10])
        #expect(verdict.isHealthy)
    }
}
