import Lightning
import Testing

struct ReconnectDelayTests {
    @Test func `each pause is twice as long, up to the longest`() {
        var delay = ReconnectDelay(first: .seconds(1), longest: .seconds(5))
        let pauses = (0..<5).map { _ in delay.next(share: 1) }
        #expect(pauses == [.seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5)])
    }

    @Test func `after a success they begin anew`() {
        var delay = ReconnectDelay(first: .seconds(1), longest: .seconds(5))
        _ = delay.next(share: 1)
        delay.succeed()
        #expect(delay.next(share: 0.5) == .milliseconds(500))
    }
}
