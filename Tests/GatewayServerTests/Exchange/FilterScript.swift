import GatewayKit
import GatewayServer
import HTTPTypes

/// Tells a course events by their names and writes down its steps by theirs.
struct FilterScript {
    enum Event: String, CaseIterable, Sendable {
        case part, upstreamEnds
        case returns, answers, answersTrailers
        case ends, cuts
        case sends, stops
    }

    private(set) var course: FilterCourse
    private(set) var steps: [String] = []
    /// The filter was called and has not returned.
    private(set) var isCalling = false

    init(length: UInt64? = nil) {
        course = FilterCourse(length: length)
    }

    /// The steps that these events lead to.
    static func steps(length: UInt64? = nil, _ events: [Event]) -> [String] {
        var script = FilterScript(length: length)
        for event in events {
            script.tell(event)
        }
        return script.steps
    }

    mutating func tell(_ event: Event) {
        switch event {
        case .part: steps.append(course.partCame() ? "ask" : "refuse")
        case .upstreamEnds: note(course.upstreamEnded(Fields([(FieldName(.server), "upstream")])))
        case .returns: note(course.returned())
        case .answers: note(course.answered())
        case .answersTrailers: note(course.answered(trailers: Fields([(FieldName(.server), "filter")])))
        case .ends: note(course.demands(.end(Fields([(FieldName(.server), "demand")]))))
        case .cuts: note(course.demands(.cut))
        case .sends: steps.append(course.sends(10) ? "send" : "refuse")
        case .stops: course.stop()
        }
    }

    private mutating func note(_ step: FilterCourse.Step) {
        switch step {
        case .wait: steps.append("wait")
        case .askTrailers(let trailers): steps.append("ask about \(trailers[FieldName(.server)] ?? "")")
        case .resume: steps.append("resume")
        case .end(let trailers): steps.append("end \(trailers[FieldName(.server)] ?? "")")
        case .cut: steps.append("cut")
        }
    }
}
