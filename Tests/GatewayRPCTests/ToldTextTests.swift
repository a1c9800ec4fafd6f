import GatewayRPC
import Testing

struct ToldTextTests {
    @Test func `what a service says stays on its line, and moves no cursor`() {
        #expect(String(toldBy: "a\u{1B}[2J\u{9B}2J\u{7F}b\nc") == "a [2J 2J b c")
        #expect(String(toldBy: "größer als 10 €") == "größer als 10 €")
    }

    @Test func `what a service says is bounded`() {
        #expect(String(toldBy: String(repeating: "x", count: 1_000_000)).count == 200)
    }
}
