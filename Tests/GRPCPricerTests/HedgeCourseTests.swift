import GRPCPricer
import Testing

/// Which answer counts, and when a question is asked once more.
struct HedgeCourseTests {
    private typealias Course = HedgeCourse<Int, String>

    private func play(_ events: [Course.Event]) -> [String] {
        var course = Course()
        return events.map { event in
            switch course.step(event) {
            case .ask: "ask"
            case .wait: "wait"
            case .answer(let answer): "answer \(answer)"
            case .fail(let failure): "fail \(failure)"
            }
        }
    }

    @Test(
        arguments: [
            ([.answered(1)], ["answer 1"]),
            ([.answered(1), .due], ["answer 1", "wait"]),
            ([.failed("a")], ["fail a"]),
            ([.failed("a"), .due], ["fail a", "wait"]),
            ([.due, .answered(1), .answered(2)], ["ask", "answer 1", "wait"]),
            ([.due, .failed("a"), .answered(2)], ["ask", "wait", "answer 2"]),
            ([.due, .failed("a"), .failed("b")], ["ask", "wait", "fail b"]),
            ([.due, .due, .failed("a")], ["ask", "wait", "wait"]),
        ] as [([HedgeCourse<Int, String>.Event], [String])]
    )
    func `the first answer counts, and a failure when nothing else is to come`(
        _ events: [HedgeCourse<Int, String>.Event],
        _ steps: [String]
    ) {
        #expect(play(events) == steps)
    }
}
