import Crypto
import Foundation
import GatewayKit
import L402
import Testing

struct KeyringTests {
    private static let first = String(repeating: "ab", count: 32)
    private static let second = String(repeating: "cd", count: 32)

    @Test func `root keys are HKDF-SHA256 of the identifier`() throws {
        let keyring = try Keyring(parsing: "1 \(Self.first)\n")
        let identifier = L402Identifier(payment: Shop.payment, generation: 1).bytes
        let expected = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: try #require(Hex.decoded(Self.first))),
            salt: Array("sluice l402 v1".utf8),
            info: identifier,
            outputByteCount: 32
        )
        let rootKey = identifier.withUnsafeBytes { keyring.rootKey(for: $0, generation: 1) }
        #expect(try #require(rootKey).array == expected.withUnsafeBytes { Array($0) })
    }

    @Test func `the newest generation signs, whatever the order of the lines`() throws {
        let keyring = try Keyring(parsing: "# a remark\n\n7 \(Self.second)\r\n\t2  \(Self.first)")
        #expect(keyring.newest == 7)
        let macaroon = try #require(keyring.macaroon(for: Shop.payment, caveats: []))
        #expect(L402Identifier(macaroon.identifier)?.generation == 7)
    }

    @Test func `all tokens of one payment have one id, and those of another have another`() throws {
        let keyring = try Keyring(parsing: "1 \(Self.first)")
        func id(_ payment: PaymentHash) throws -> Bytes32? {
            let macaroon = try #require(keyring.macaroon(for: payment, caveats: []))
            return L402Identifier(macaroon.identifier)?.tokenID
        }
        let first = try id(Shop.payment)
        let again = try id(Shop.payment)
        let other = try id(PaymentHash(.random()))
        #expect(first == again)
        #expect(first != other)
    }

    @Test func `older generations verify and unknown ones do not`() throws {
        let old = try Keyring(parsing: "1 \(Self.first)")
        let both = try Keyring(parsing: "1 \(Self.first)\n2 \(Self.second)")
        let new = try Keyring(parsing: "2 \(Self.second)")
        let token = try #require(old.macaroon(for: Shop.payment, caveats: ["services=a:0"])).encoded
        #expect(try both.credential(of: token).caveats == [Caveat(condition: "services", value: "a:0")])
        #expect(throws: Rejection(.signature, "the macaroon is signed with a key that is no longer known")) {
            try new.credential(of: token)
        }
    }

    @Test(arguments: [
        ("", "it holds no key"),
        ("# nothing\n", "it holds no key"),
        ("1", "line 1 should be a generation and 64 hexadecimal digits"),
        ("1 abcd", "line 1 should be a generation and 64 hexadecimal digits"),
        ("0 \(first)", "line 1 should be a generation and 64 hexadecimal digits"),
        ("-1 \(first)", "line 1 should be a generation and 64 hexadecimal digits"),
        ("99999999999 \(first)", "line 1 should be a generation and 64 hexadecimal digits"),
        ("1 \(first)\n2 \(first) x", "line 2 should be a generation and 64 hexadecimal digits"),
        ("1 \(first)\n1 \(second)", "line 2 repeats generation 1"),
    ])
    func `a damaged keyring says where`(text: String, message: String) {
        let error = #expect(throws: MalformedKeyring.self) { try Keyring(parsing: text) }
        #expect(error?.description == message)
    }

    @Test func `no prefix and no flipped byte of a keyring traps`() {
        let text = Array("# keys\n1 \(Self.first)\n4294967295 \(Self.second)\n".utf8)
        for index in text.indices {
            _ = try? Keyring(parsing: String(decoding: text[..<index], as: UTF8.self))
            for mask: UInt8 in [0x01, 0x10, 0x80, 0xFF] {
                var changed = text
                changed[index] ^= mask
                _ = try? Keyring(parsing: String(decoding: changed, as: UTF8.self))
            }
        }
    }
}

extension Keyring {
    func credential(of bytes: [UInt8]) throws(Rejection) -> Credential {
        let result: Result<Credential, Rejection> = bytes.withUnsafeBytes { bytes in
            do throws(Rejection) {
                return .success(try credential(of: bytes, preimage: Shop.preimage.bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
