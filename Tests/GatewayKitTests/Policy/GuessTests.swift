import GatewayKit
import Testing

struct GuessTests {
    private let words = ["auth", "caveats", "forward", "price", "rate-limit"]

    @Test(arguments: [
        ("ratelimit", "rate-limit"), ("rate_limit", "rate-limit"), ("Forward", "forward"), ("pirce", "price"),
        ("caveat", "caveats"), ("aut", "auth"), ("RATE-LIMIT", "rate-limit"),
    ])
    func `a word that is near is guessed`(_ word: String, _ guess: String) {
        #expect(Guess.hint(for: word, among: words) == " (did you mean '\(guess)'?)")
    }

    @Test(arguments: ["", "x", "something-else", "rl"])
    func `a word that is far from all is not guessed`(_ word: String) {
        #expect(Guess.hint(for: word, among: words) == "")
    }

    @Test func `nothing is guessed among nothing`() {
        #expect(Guess.hint(for: "auth", among: [String]()) == "")
    }

    @Test func `of two that are as near the first by the alphabet is guessed`() {
        #expect(Guess.hint(for: "ac", among: ["ad", "ab"]) == " (did you mean 'ab'?)")
    }

    @Test func `a word of any length is looked at`() {
        let long = String(repeating: "a", count: 100_000)
        _ = Guess.hint(for: long, among: [long, "a", ""])
    }
}
