import GatewayKit
import GatewayPolicy
import Testing

struct SettingsFileTests {
    private func read(_ text: String) -> (value: Int?, messages: [String]) {
        let (value, mistakes) = SettingsFile().read(text: text, named: "prices.yaml", word: "prices") {
            $0.integer("count", in: 1...9)
        }
        return (value, mistakes.map(\.description))
    }

    @Test func `a file of settings is read as a policy is`() {
        let (value, messages) = read("# a comment\ncount: 3\n")
        #expect(value == 3)
        #expect(messages == [])
    }

    @Test func `all of its mistakes are told with their places, and nothing is made of it`() {
        let (value, messages) = read("cuont: 1\ncount: 12\n")
        #expect(value == nil)
        #expect(
            messages == [
                "prices.yaml:1:1: error: unknown key 'cuont' (did you mean 'count'?); 'prices' takes count",
                "prices.yaml:2:8: error: 'count' should be a whole number from 1 to 9, not '12'",
            ]
        )
    }

    @Test func `what is no YAML, not there, or refers to elsewhere is a mistake`() {
        #expect(read("count: [").value == nil)
        let referring = read("count: !env COUNT").messages
        #expect(referring.first?.contains("error: there is no !file and no !env here") == true)
        let (value, mistakes) = SettingsFile().read("/proc/none.yaml", word: "prices") { _ in 1 }
        #expect(value == nil)
        #expect(mistakes.map(\.message) == ["cannot read '/proc/none.yaml': no such file"])
    }
}
