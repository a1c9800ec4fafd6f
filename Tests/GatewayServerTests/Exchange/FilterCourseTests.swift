import GatewayServer
import Testing

struct FilterCourseTests {
    struct Course: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let length: UInt64?
        let events: [FilterScript.Event]
        let steps: [String]

        init(_ name: String, length: UInt64? = nil, _ events: [FilterScript.Event], _ steps: [String]) {
            testDescription = name
            (self.length, self.events, self.steps) = (length, events, steps)
        }
    }

    static let courses: [Course] = [
        .init("an answer at once", [.part, .answers, .returns, .part], ["ask", "wait", "wait", "ask"]),
        .init("an answer later", [.part, .returns, .answers, .part], ["ask", "wait", "resume", "ask"]),
        .init("a part before the answer", [.part, .returns, .part], ["ask", "wait", "refuse"]),
        .init(
            "the end, answered at once",
            [.upstreamEnds, .answersTrailers, .returns],
            ["ask about upstream", "wait", "end filter"]
        ),
        .init(
            "the end, answered later",
            [.upstreamEnds, .returns, .answersTrailers],
            ["ask about upstream", "wait", "end filter"]
        ),
        .init(
            "the end in a hold",
            [.part, .returns, .upstreamEnds, .answers, .returns, .answersTrailers],
            ["ask", "wait", "wait", "ask about upstream", "wait", "end filter"]
        ),
        .init("a demand in the call", [.part, .ends, .returns, .sends], ["ask", "wait", "end demand", "refuse"]),
        .init(
            "a demand in the call, and an answer",
            [.part, .ends, .sends, .answers, .returns],
            ["ask", "wait", "send", "wait", "end demand"]
        ),
        .init("two demands", [.part, .cuts, .ends, .returns], ["ask", "wait", "wait", "cut"]),
        .init(
            "a demand and the trailers",
            [.upstreamEnds, .cuts, .answersTrailers, .returns],
            ["ask about upstream", "wait", "wait", "cut"]
        ),
        .init("a demand in the hold", [.part, .returns, .cuts, .answers], ["ask", "wait", "cut", "wait"]),
        .init(
            "a demand between parts",
            [.ends, .part, .upstreamEnds, .cuts],
            ["end demand", "refuse", "wait", "wait"]
        ),
        .init(
            "an exchange that is over",
            [.part, .stops, .returns, .answers, .sends],
            ["ask", "wait", "wait", "refuse"]
        ),
        .init(
            "an exchange that ends in the call",
            [.part, .ends, .stops, .returns],
            ["ask", "wait", "wait"]
        ),
        .init(
            "a length that comes true",
            length: 20,
            [.sends, .sends, .upstreamEnds, .returns, .answersTrailers],
            ["send", "send", "ask about upstream", "wait", "end filter"]
        ),
        .init("too many bytes", length: 15, [.sends, .sends, .cuts], ["send", "refuse", "cut"]),
        .init(
            "too few bytes",
            length: 15,
            [.sends, .upstreamEnds, .returns, .answersTrailers],
            ["send", "ask about upstream", "wait", "cut"]
        ),
    ]

    @Test(arguments: courses)
    func `a response takes its course`(_ course: Course) {
        #expect(FilterScript.steps(length: course.length, course.events) == course.steps)
    }

    @Test(arguments: 0..<20)
    func `nothing follows the end, whatever happens`(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<500 {
            var script = FilterScript(length: Bool.random(using: &random) ? 30 : nil)
            for _ in 0..<40 {
                script.tell(FilterScript.Event.allCases.randomElement(using: &random) ?? .part)
            }
            let ends = script.steps.indices.filter { script.steps[$0] == "cut" || script.steps[$0].hasPrefix("end ") }
            #expect(ends.count <= 1)
            if let end = ends.first {
                #expect(script.course.isOver)
                #expect(!script.steps[(end + 1)...].contains { ["ask", "resume", "send"].contains($0) })
            }
        }
    }
}
