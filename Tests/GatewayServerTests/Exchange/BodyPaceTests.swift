import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// 100 bytes a second after ten seconds.
struct BodyPaceTests {
    private let limits = MessageLimits(minBodyRate: ByteRate(perSecond: ByteCount(100)), bodyGrace: .seconds(10))

    /// The first second at whose end the body is too slow, of so many bytes a second.
    private func end(of rate: UInt64, within seconds: Int64 = 1_000, isAwaited: (Int64) -> Bool = { _ in true })
        -> Int64?
    {
        var pace = BodyPace()
        let start = NIODeadline.uptimeNanoseconds(1)
        return (0...seconds).first { second in
            pace.isTooSlow(
                after: rate * UInt64(second),
                isAwaited: isAwaited(second),
                at: start + .seconds(second),
                limits
            )
        }
    }

    @Test func `a body that comes too slowly is given its grace`() {
        #expect(end(of: 99) == 11)
        #expect(end(of: 0) == 11)
    }

    @Test func `a body that comes at the rate lasts for ever`() {
        #expect(end(of: 100) == nil)
    }

    @Test func `what came early counts later`() {
        var pace = BodyPace()
        let start = NIODeadline.uptimeNanoseconds(1)
        let end = (0...100).first { second in
            pace.isTooSlow(after: 2_000, isAwaited: true, at: start + .seconds(second), limits)
        }
        #expect(end == 21)
    }

    @Test func `time in which the upstream takes nothing does not count`() {
        #expect(end(of: 1) { $0 < 5 } == nil)
        #expect(end(of: 1) { $0 < 5 || $0 >= 500 } == 506)
    }

    @Test func `a rate of zero asks for nothing`() {
        var pace = BodyPace()
        let limits = MessageLimits(minBodyRate: ByteRate(perSecond: ByteCount(0)), bodyGrace: .seconds(1))
        let start = NIODeadline.uptimeNanoseconds(1)
        let isTooSlow = (0...100).contains { second in
            pace.isTooSlow(after: 0, isAwaited: true, at: start + .seconds(second), limits)
        }
        #expect(!isTooSlow)
    }
}
