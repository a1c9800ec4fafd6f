import Crypto
import Foundation
import GatewayKit
import L402
import Testing

struct HMACKeyTests {
    @Test func `the code of RFC 4231 test case 2 is right`() {
        let code = HMACKey("Jefe").code(of: Array("what do ya want for nothing?".utf8))
        #expect(code.hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test(arguments: [0, 1, 31, 32, 63, 64, 65, 200])
    func `keys and messages of any length give what Crypto's HMAC gives`(count: Int) {
        let key = [UInt8]((0..<count).map { UInt8($0) })
        for length in [0, 1, 55, 56, 64, 300] {
            let message = [UInt8](repeating: 7, count: length)
            let expected = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key))
            let code = key.withUnsafeBytes { HMACKey($0) }.code(of: message)
            #expect(code.array == Array(expected))
        }
    }

    @Test func `a key that is used once gives the code of the key that is kept`() {
        let key = Bytes32.random()
        let message = Array("message".utf8)
        #expect(HMACKey(key).code(of: message) == message.withUnsafeBytes { HMACKey.code(of: $0, key: key) })
    }

    @Test func `a message in two pieces has the code of the whole`() {
        let key = HMACKey("key")
        let code = Array("mess".utf8).withUnsafeBytes { first in
            Array("age".utf8).withUnsafeBytes { key.code(of: first, $0) }
        }
        #expect(code == key.code(of: Array("message".utf8)))
    }
}

extension HMACKey {
    func code(of bytes: [UInt8]) -> Bytes32 {
        bytes.withUnsafeBytes { code(of: $0) }
    }
}
