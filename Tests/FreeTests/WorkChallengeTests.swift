import Crypto
import Free
import GatewayKit
import GatewayTesting
import Testing

struct WorkChallengeTests {
    private let key = SymmetricKey(data: [UInt8](repeating: 7, count: 32))
    private let place = WorkPlace(route: "data", block: "192.0.2.1/32")

    private func challenge(bits: Int = 8) -> WorkChallenge {
        WorkChallenge(bits: bits, end: WallTime(seconds: 1_800_000_000), place: place, key: key)
    }

    @Test func `says all that it is in its text`() throws {
        let made = challenge()
        let read = try #require(WorkChallenge(made.text))
        #expect(read == made)
        #expect(read.bits == 8)
        #expect(read.end == WallTime(seconds: 1_800_000_000))
        #expect(read.number.count == 16)
        #expect(read.isOurs(at: place, key: key))
        #expect(challenge().text != made.text)
    }

    @Test func `is of no use elsewhere`() {
        let made = challenge()
        #expect(!made.isOurs(at: WorkPlace(route: "date", block: place.block), key: key))
        #expect(!made.isOurs(at: WorkPlace(route: place.route, block: "192.0.2.2/32"), key: key))
        #expect(!made.isOurs(at: place, key: SymmetricKey(size: .bits256)))
    }

    @Test func `is nobody's once a character of it is another, or missing`() {
        let text = challenge().text
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(WorkChallenge(changed)?.isOurs(at: place, key: key) != true)
            #expect(WorkChallenge(text[..<index]) == nil)
        }
        for wrong in ["", "\(text)A", "\(text)=", text.replacing("_", with: "/") + "/"] {
            #expect(WorkChallenge(wrong) == nil)
        }
    }

    @Test func `is solved by an answer whose hash begins with its zero bits`() throws {
        let proof = try #require(WorkProof.solving(challenge(bits: 10)))
        #expect(proof.isSolved)
        let hash = SHA256.hash(data: Array(proof.text.utf8))
        let bytes = Array(hash)
        #expect(bytes[0] == 0 && bytes[1] < 64)
        #expect(WorkProof(proof.text) == proof)
    }

    @Test func `is not solved by whoever stops`() {
        #expect(WorkProof.solving(challenge(bits: 255)) { true } == nil)
    }

    @Test(arguments: ["", ".", ".1.", ".é", ".1+", ".\(String(repeating: "1", count: 33))"])
    func `what is no answer is no proof`(answer: String) {
        #expect(WorkProof(challenge().text + answer) == nil)
    }

    @Test(arguments: ["0", "33", "many"])
    func `bits that nobody could work for are a mistake`(bits: String) {
        let short = ExampleSettings(bits)
        _ = short.make(word: "pow") { WorkScheme(from: &$0, .example()) }
        #expect(short.messages == ["'pow' should be a number of bits from 1 to 32, not '\(bits)'"])
        let long = ExampleSettings(["bits": bits])
        _ = long.make(word: "pow") { WorkScheme(from: &$0, .example()) }
        #expect(long.messages == ["'bits' should be a whole number from 1 to 32, not '\(bits)'"])
    }

    @Test(arguments: ["9s", "61m"])
    func `a challenge that stands too short or too long is a mistake`(duration: String) {
        let settings = ExampleSettings(["valid-for": duration])
        _ = settings.make(word: "pow") { WorkScheme(from: &$0, .example()) }
        #expect(settings.messages == ["'valid-for' should be from 10s to 1h"])
    }

    @Test func `an offer is found among others`() {
        let made = challenge()
        let line = "PoW realm=\"a b\", algorithm=\"SHA-256\", challenge=\"\(made.text)\", bits=8, max-age=300"
        #expect(WorkOffer(in: ["L402 macaroon=\"x\", invoice=\"y\"", line])?.challenge == made)
        #expect(WorkOffer(in: [line.replacing("PoW", with: "pow")])?.challenge == made)
        for other in ["PoW realm=\"a\"", line.replacing("SHA-256", with: "SHA-1"), line.replacing("PoW", with: "PoWs")]
        {
            #expect(WorkOffer(in: [other]) == nil)
        }
    }
}
