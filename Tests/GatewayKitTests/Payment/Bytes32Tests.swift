import GatewayKit
import Testing

struct Bytes32Tests {
    private let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

    @Test func `64 digits are 32 bytes in either case`() {
        #expect(Bytes32(hex: hex)?.array == Array(0..<32))
        #expect(Bytes32(hex: hex.uppercased()) == Bytes32(hex: hex))
        #expect(Bytes32(hex: hex)?.hex == hex)
    }

    @Test func `anything else is nil`() {
        for text in [
            "", String(hex.dropLast()), hex + "0", "0x" + hex.dropLast(2), hex.dropLast() + "g", hex.dropLast() + "é",
        ] {
            #expect(Bytes32(hex: text) == nil)
        }
        #expect(Bytes32([UInt8](repeating: 0, count: 31)) == nil)
        #expect(Bytes32([UInt8](repeating: 0, count: 33)) == nil)
        #expect(Bytes32([UInt8](repeating: 0, count: 32)) == .zero)
    }

    @Test func `every prefix and every flipped byte of the digits is read or refused`() {
        for variant in Variants.of(hex) {
            let value = variant.withUnsafeBytes { Bytes32(hexDigits: $0) }
            #expect((value == nil) == (variant.count != 64 || !variant.allSatisfy { ASCII.hexValue($0) != nil }))
        }
    }

    @Test func `a difference in any bit is a difference`() {
        for bit in 0..<256 {
            var other = Bytes32.zero
            other.withUnsafeMutableBytes { $0[bit / 8] = 1 << UInt8(bit % 8) }
            #expect(other != .zero)
            #expect(!other.equalsInConstantTime(.zero))
        }
        #expect(Bytes32.zero.equalsInConstantTime(.zero))
        #expect(Bytes32.random() != Bytes32.random())
    }

    @Test func `hexadecimal is read and written`() {
        #expect(Hex.encoded([0, 0x7F, 0xFF]) == "007fff")
        #expect(Hex.decoded("007FfF") == [0, 0x7F, 0xFF])
        #expect(Hex.decoded("") == [])
        for text in ["0", "0g", "g0", "0 ", "é", "00f"] {
            #expect(Hex.decoded(text) == nil)
        }
    }

    @Test func `a preimage and a secret hide themselves`() {
        let preimage = Preimage(.zero)
        #expect("\(preimage) \(String(reflecting: preimage))" == "(preimage) (preimage)")
        let secret = Secret("hunter2")
        #expect("\(secret) \(String(reflecting: secret))" == "(secret) (secret)")
    }

    @Test func `a payment and a credential say their bytes`() throws {
        let bytes = try #require(Bytes32(hex: hex))
        #expect(PaymentHash(bytes).description == hex)
        #expect(CredentialID(bytes).description == hex)
    }
}
