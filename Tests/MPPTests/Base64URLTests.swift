import MPP
import Testing

struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the examples of RFC 4648 round trip, without padding`(text: String, encoded: String) {
        #expect(Base64URL.encoded(text) == encoded)
        #expect(Base64URL.decoded(encoded) == Array(text.utf8))
    }

    @Test func `the last two digits are those of URLs`() {
        #expect(Base64URL.encoded([0xFB, 0xFF, 0xFE] as [UInt8]) == "-__-")
        #expect(Base64URL.decoded("-__-") == [0xFB, 0xFF, 0xFE])
    }

    @Test(arguments: [("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo")])
    func `whole padding is accepted`(encoded: String, text: String) {
        #expect(Base64URL.decoded(encoded) == Array(text.utf8))
    }

    @Test(arguments: [
        "Z", "Zg=", "Zg===", "Zm8==", "Zm9v=", "=", "==", "Zh", "Zm9", "+/+/", "Zm 9v", "Zm9v\n", "Zg==Zg", "Zmé",
    ])
    func `anything else is refused`(text: String) {
        #expect(Base64URL.decoded(text) == nil)
    }

    @Test func `every number of bytes round trips`() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64URL.decoded(Base64URL.encoded(bytes)) == bytes)
        }
    }
}
