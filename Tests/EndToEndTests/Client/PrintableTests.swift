import Testing
import sluice

@Suite struct `Text that others wrote` {
    @Test(arguments: [
        ("\u{1B}[31mred\u{7}", #"\u{1B}[31mred\u{7}"#), ("two\nlines\r", #"two\u{A}lines\u{D}"#),
        ("\u{9B}31m", #"\u{9B}31m"#), ("\u{202E}txt.exe", #"\u{202E}txt.exe"#), ("\u{7F}\u{2028}", #"\u{7F}\u{2028}"#),
    ])
    func `cannot do anything to a terminal`(text: String, printed: String) {
        #expect(text.printable == printed)
    }

    @Test(arguments: ["10 sat for quotes", "Grüße, 世界 \u{1F600}", ""])
    func `stays as it is otherwise`(text: String) {
        #expect(text.printable == text)
    }
}
