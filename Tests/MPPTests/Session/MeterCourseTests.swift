import MPP
import Testing

struct MeterCourseTests {
    @Test func `what is reserved is delivered first`() {
        var course = MeterCourse(partsOfUnit: 1, reserved: 1)
        #expect(course.covers(1))
        course.deliver(1)
        #expect(!course.covers(1))
        #expect(course.missing(for: 3) == 3)
        #expect(course.units(with: 0) == 1)
    }

    @Test func `bytes are counted as parts of a unit that has begun`() {
        var course = MeterCourse(partsOfUnit: 100, reserved: 1)
        course.deliver(30)
        #expect(course.units(with: 0) == 1)
        #expect(course.covers(70) && !course.covers(71))
        #expect(course.missing(for: 71) == 1)
        #expect(course.missing(for: 171) == 2)
        course.taken(2)
        #expect(course.covers(270))
        #expect(course.surplus(beyond: 0) == 2)
        #expect(course.surplus(beyond: 71) == 1)
        #expect(course.surplus(beyond: 171) == 0)
    }

    @Test func `the first unit is never given back`() {
        var course = MeterCourse(partsOfUnit: 1, reserved: 1)
        #expect(course.surplus(beyond: 0) == 0)
        course.taken(2)
        #expect(course.surplus(beyond: 0) == 2)
        course.returned(2)
        #expect(course.paid == 1 && course.credit == 1)
    }

    @Test func `a slow response pays for what has come`() {
        var course = MeterCourse(partsOfUnit: 1, reserved: 1)
        course.deliver(1)
        #expect(course.units(next: 1, waiting: 1, after: nil, affordable: nil) == 1)
        #expect(course.units(next: 1, waiting: 5, after: .seconds(2), affordable: 1_000) == 5)
    }

    @Test func `a fast response pays ahead, and no more than the most`() {
        var course = MeterCourse(partsOfUnit: 1, reserved: 1)
        course.deliver(1)
        let units = (0..<8).map { _ in
            course.units(next: 1, waiting: 1, after: .milliseconds(10), affordable: 1_000)
        }
        #expect(units == [2, 4, 8, 16, 32, 32, 32, 32])
        #expect(course.units(next: 1, waiting: 1, after: .milliseconds(500), affordable: 1_000) == 32)
        #expect(course.units(next: 1, waiting: 1, after: .seconds(1), affordable: 1_000) == 1)
    }

    @Test func `what is paid ahead becomes less where little is left`() {
        var course = MeterCourse(partsOfUnit: 1, reserved: 1)
        course.deliver(1)
        for _ in 0..<5 { _ = course.units(next: 1, waiting: 1, after: .zero, affordable: nil) }
        #expect(course.units(next: 1, waiting: 1, after: .zero, affordable: 40) == 10)
        #expect(course.units(next: 1, waiting: 1, after: .zero, affordable: 3) == 1)
        #expect(course.units(next: 1, waiting: 9, after: .zero, affordable: 3) == 3)
        #expect(course.units(next: 1, waiting: 1, after: .zero, affordable: 0) == 1)
    }

    @Test func `it never covers more than was paid`() {
        var course = MeterCourse(partsOfUnit: 7, reserved: 1)
        var (paid, delivered) = (UInt64(7), UInt64(0))
        for step in UInt64(1)...500 {
            let cost = step * 31 % 40
            if course.covers(cost) {
                course.deliver(cost)
                delivered += cost
            } else {
                let units = course.units(
                    next: cost,
                    waiting: cost,
                    after: .milliseconds(Int64(step) % 1_200),
                    affordable: step
                )
                #expect(units >= course.missing(for: cost))
                course.taken(units)
                paid += units * 7
            }
            if step % 50 == 0 {
                let surplus = course.surplus(beyond: 0)
                course.returned(surplus)
                paid -= surplus * 7
            }
            #expect(course.credit == paid - delivered)
            #expect(course.delivered == delivered)
        }
    }
}
