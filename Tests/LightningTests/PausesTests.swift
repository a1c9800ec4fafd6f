import Lightning
import Testing

struct PausesTests {
    @Test func `each pause is twice as long, up to the longest`() {
        var pauses = Pauses(first: .seconds(1), longest: .seconds(5))
        let told = [pauses.next(share: 1), pauses.next(share: 1), pauses.next(share: 1), pauses.next(share: 1)]
        #expect(told == [.seconds(1), .seconds(2), .seconds(4), .seconds(5)])
    }

    @Test func `a pause is no shorter than half of what it could be`() {
        for _ in 0..<100 {
            var pauses = Pauses(first: .seconds(1))
            let pause = pauses.next()
            #expect((Duration.milliseconds(500)...Duration.seconds(1)).contains(pause))
        }
    }
}
