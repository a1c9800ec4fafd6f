import GatewayKit
import Testing

struct Base64Tests {
    @Test(arguments: [
        ("", "", ""), ("f", "Zg", "=="), ("fo", "Zm8", "="), ("foo", "Zm9v", ""), ("foob", "Zm9vYg", "=="),
        ("fooba", "Zm9vYmE", "="), ("foobar", "Zm9vYmFy", ""),
    ])
    func `the examples of RFC 4648 are written and read`(text: String, digits: String, padding: String) {
        #expect(Base64.url.encoded(text) == digits)
        #expect(Base64.standard.encoded(text) == digits + padding)
        for form in [Base64.url, .standard] {
            #expect(form.decoded(digits) == Array(text.utf8))
            #expect(form.decoded(digits + padding) == Array(text.utf8))
        }
    }

    @Test func `the last two digits are those of the alphabet`() {
        let bytes: [UInt8] = [0xFB, 0xFF, 0xFE]
        #expect(Base64.url.encoded(bytes) == "-__-")
        #expect(Base64.standard.encoded(bytes) == "+//+")
        #expect(Base64.url.decoded("-__-") == bytes)
        #expect(Base64.url.decoded("+//+") == nil)
        #expect(Base64.standard.decoded("-__-") == bytes)
        #expect(Base64.standard.decoded("+//+") == bytes)
    }

    @Test(arguments: [
        "Z", "Zg=", "Zg===", "Zm8==", "Zm9v=", "=", "==", "====", "AAAAA", "Zm 9v", "Zm9v\n", "Zg==Zg", "A=AA", "Zmé",
        "AAA*",
    ])
    func `what is no base64 is refused`(text: String) {
        #expect(Base64.url.decoded(text) == nil)
        #expect(Base64.standard.decoded(text) == nil)
    }

    @Test(arguments: [("Zh", "f"), ("Zm9", "fo")])
    func `bits behind the last byte are refused in the alphabet of URLs and ignored in the first`(
        digits: String,
        text: String
    ) {
        #expect(Base64.url.decoded(digits) == nil)
        #expect(Base64.standard.decoded(digits) == Array(text.utf8))
    }

    @Test func `bytes of every length come back`() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            for form in [Base64.url, .standard] {
                let text = form.encoded(bytes)
                #expect(form.decoded(text) == bytes)
                #expect(form.decoded(text.filter { $0 != "=" }) == bytes)
            }
        }
    }

    @Test(arguments: 40...42)
    func `no prefix and no flipped byte in the alphabet of URLs means what another text means`(count: Int) {
        let text = Base64.url.encoded((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151) })
        var meanings: [[UInt8]: [UInt8]] = [:]
        for variant in Set(Variants.of(text)) {
            guard let bytes = Base64.url.decoded(variant) else { continue }
            #expect(meanings.updateValue(variant, forKey: bytes) == nil)
            #expect(Array(Base64.url.encoded(bytes).utf8) == variant)
        }
        #expect(meanings.count > count)
    }

    @Test func `nothing is written where there is no room`() {
        let digits = Array("AAAAAAAA".utf8)
        var room = [UInt8](repeating: 0, count: 5)
        let count = digits.withUnsafeBytes { digits in
            room.withUnsafeMutableBytes { Base64.url.decode(digits, into: $0) }
        }
        #expect(count == nil)
        #expect(room == [0, 0, 0, 0, 0])
    }
}
