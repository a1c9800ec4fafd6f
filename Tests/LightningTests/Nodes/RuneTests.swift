import GatewayKit
import Lightning
import Testing

struct RuneTests {
    private static func text(_ restrictions: String) -> String {
        Base64.url.encoded([UInt8](repeating: 7, count: 32) + Array(restrictions.utf8))
    }

    @Test(
        arguments: [
            ("", "withdraw", true), ("=0", "withdraw", true), ("=0&method=invoice", "invoice", true),
            ("=0&method=invoice", "withdraw", false), ("=0&method=invoice|method=xpay", "xpay", true),
            ("=0&method^list|method=summary", "listpays", true), ("=0&method^list|method=summary", "pay", false),
            ("=0&method/withdraw", "withdraw", false), ("=0&method/withdraw", "pay", true),
            ("=0&method$pay", "xpay", true), ("=0&method~any", "waitanyinvoice", true),
            ("=0&method!", "invoice", false),
            ("=0&time<1656675211&method=invoice", "withdraw", false), ("=0&method#x", "withdraw", true),
            ("=0&method=invoice|time<5", "withdraw", true), ("=0&method=in\\|voice", "invoice", false),
        ] as [(String, String, Bool)]
    )
    func `a rune permits what its restrictions allow`(
        _ restrictions: String,
        _ method: String,
        _ expected: Bool
    ) throws {
        let rune = try #require(Rune(Self.text(restrictions)))
        #expect(rune.mayPermit(method) == expected)
    }

    @Test func `what is no rune is none`() {
        for text in ["", "!", "AAAA", Self.text("=0&method"), String(repeating: "A", count: 20_000)] {
            #expect(Rune(text) == nil)
        }
    }

    @Test func `no part and no variant of a rune traps`() {
        let bytes = Array(Self.text(#"=0&method=invoice|method^list\&x&time<5"#).utf8)
        for index in bytes.indices {
            _ = Rune(String(decoding: bytes[..<index], as: UTF8.self))?.mayPermit("pay")
            for bit in 0..<8 {
                var variant = bytes
                variant[index] ^= 1 << bit
                _ = Rune(String(decoding: variant, as: UTF8.self))?.mayPermit("pay")
            }
        }
    }
}
