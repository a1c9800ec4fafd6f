import Testing
import sluice

struct PrometheusTextTests {
    @Test func `whatever a label holds stays in its quotes and on its line`() {
        var text = PrometheusText()
        text.describe("sluice_things_total", .counter, "Things.")
        text.add("sluice_things_total", [("service", "a\"} 1\nb\\"), ("bound", "all")], value: "7")
        text.add("sluice_things_total", value: "8")
        #expect(
            text.text == #"""
                # HELP sluice_things_total Things.
                # TYPE sluice_things_total counter
                sluice_things_total{service="a\"} 1\nb\\",bound="all"} 7
                sluice_things_total 8

                """#
        )
    }
}
