import Crypto
import GatewayKit
import Lightning
import Testing

/// Of the published vectors (paulmillr/nip44, nip44.vectors.json, and NIP-44 itself) a few of each kind.
struct NIP44Tests {
    struct Vector: Sendable {
        let first: String
        let second: String
        let conversationKey: String
        let nonce: String
        let text: String
        let payload: String
    }

    private static let vectors = [
        Vector(
            first: "0000000000000000000000000000000000000000000000000000000000000001",
            second: "0000000000000000000000000000000000000000000000000000000000000002",
            conversationKey: "c41c775356fd92eadc63ff5a0dc1da211b268cbea22316767095b2871ea1412d",
            nonce: "0000000000000000000000000000000000000000000000000000000000000001",
            text: "a",
            payload: """
                AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABee0G5VSK0/9YypIObAtDKfYEAjD35uVkHyB0F4DwrcNaCXlCWZKa\
                ArsGrY6M9wnuTMxWfp1RTN9Xga8no+kF5Vsb
                """
        ),
        Vector(
            first: "0000000000000000000000000000000000000000000000000000000000000002",
            second: "0000000000000000000000000000000000000000000000000000000000000001",
            conversationKey: "c41c775356fd92eadc63ff5a0dc1da211b268cbea22316767095b2871ea1412d",
            nonce: "f00000000000000000000000000000f00000000000000000000000000000000f",
            text: "🍕🫃",
            payload: """
                AvAAAAAAAAAAAAAAAAAAAPAAAAAAAAAAAAAAAAAAAAAPSKSK6is9ngkX2+cSq85Th16oRTISAOfhStnixqZziKMDvB0QQzgF\
                ZdjLTPicCJaV8nDITO+QfaQ61+KbWQIOO2Yj
                """
        ),
        Vector(
            first: "5c0c523f52a5b6fad39ed2403092df8cebc36318b39383bca6c00808626fab3a",
            second: "4b22aa260e4acb7021e32f38a6cdf4b673c6a277755bfce287e370c924dc936d",
            conversationKey: "3e2b52a63be47d34fe0a80e34e73d436d6963bc8f39827f327057a9986c20a45",
            nonce: "b635236c42db20f021bb8d1cdff5ca75dd1a0cc72ea742ad750f33010b24f73b",
            text: "表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀",
            payload: """
                ArY1I2xC2yDwIbuNHN/1ynXdGgzHLqdCrXUPMwELJPc7s7JqlCMJBAIIjfkpHReBPXeoMCyuClwgbT419jUWU1PwaNl4FEQY\
                KCDKVJz+97Mp3K+Q2YGa77B6gpxB/lr1QgoqpDf7wDVrDmOqGoiPjWDqy8KzLueKDcm9BVP8xeTJIxs=
                """
        ),
    ]

    @Test(arguments: vectors)
    func `both sides make the same conversation, and one reads what the other wrote`(_ vector: Vector) throws {
        let first = try NostrKey.example(hex: vector.first)
        let second = try NostrKey.example(hex: vector.second)
        let writer = try #require(NostrConversation(of: first, with: second.publicKey))
        let reader = try #require(NostrConversation(of: second, with: first.publicKey))
        #expect(try reader.decrypted(vector.payload, by: .nip44) == vector.text)
        #expect(try reader.decrypted(writer.encrypted(vector.text, by: .nip44), by: .nip44) == vector.text)
    }

    @Test(arguments: vectors)
    func `a text is encrypted as published`(_ vector: Vector) throws {
        let cipher = NIP44(conversationKey: try #require(Bytes32(hex: vector.conversationKey)))
        let nonce = try #require(Bytes32(hex: vector.nonce))
        #expect(try cipher.encrypted(vector.text, nonce: nonce) == vector.payload)
    }

    @Test(arguments: [
        (16, 32), (32, 32), (33, 64), (37, 64), (64, 64), (65, 96), (200, 224), (250, 256), (320, 320), (383, 384),
        (400, 448), (515, 640), (900, 1_024), (1_020, 1_024), (65_536, 65_536), (65_537, 81_920),
    ])
    func `a text is padded as published`(_ count: Int, padded: Int) {
        #expect(NIP44.paddedCount(count) == padded)
    }

    @Test(arguments: [
        (65_535, "6d8c2810d1e870fbaa1f0a0937126cca837a15f9260e27060c331d70a3c0bc84"),
        (65_536, "b7b4edb36ba92e267d322d56d9aebc22e7fa96ff52e3c12adc07f07a43cbc616"),
        (65_537, "eeb7c7c5373894ea2c1547cfd3ccb15d5a0b2d619da852e5c79df792dcc9e435"),
    ])
    func `a long text has a longer prefix`(_ count: Int, digest: String) throws {
        let cipher = NIP44(conversationKey: try #require(Bytes32(hex: Self.vectors[0].conversationKey)))
        let text = String(repeating: "a", count: count)
        let payload = try cipher.encrypted(text, nonce: try #require(Bytes32(hex: Self.vectors[0].nonce)))
        #expect(Hex.encoded(SHA256.hash(data: Array(payload.utf8))) == digest)
        #expect(try cipher.decrypted(payload) == text)
    }

    private static let wrong: [(reason: String, key: String, payload: String)] = [
        (
            "unknown version", "ca2527a037347b91bea0c8a30fc8d9600ffd81ec00038671e3a0f0cb0fc9f642",
            """
            #Atqupco0WyaOW2IGDKcshwxI9xO8HgD/P8Ddt46CbxDbrhdG8VmJdU0MIDf06CUvEvdnr1cp1fiMtlM/GrE92xAc1K5odTp\
            CzUB+mjXgbaqtntBUbTToSUoT0ovrlPwzGjyp
            """
        ),
        (
            "unknown version", "36f04e558af246352dcf73b692fbd3646a2207bd8abd4b1cd26b234db84d9481",
            """
            AK1AjUvoYW3IS7C/BGRUoqEC7ayTfDUgnEPNeWTF/reBZFaha6EAIRueE9D1B1RuoiuFScC0Q94yjIuxZD3JStQtE8JMNacW\
            Fs9rlYP+ZydtHhRucp+lxfdvFlaGV/sQlqZz
            """
        ),
        (
            "not base64", "ca2527a037347b91bea0c8a30fc8d9600ffd81ec00038671e3a0f0cb0fc9f642",
            """
            Atфupco0WyaOW2IGDKcshwxI9xO8HgD/P8Ddt46CbxDbrhdG8VmJZE0UICD06CUvEvdnr1cp1fiMtlM/GrE92xAc1EwsVCQE\
            gWEu2gsHUVf4JAa3TpgkmFc3TWsax0v6n/Wq
            """
        ),
        (
            "not by who sent it", "cff7bd6a3e29a450fd27f6c125d5edeb0987c475fd1e8d97591e0d4d8a89763c",
            """
            Agn/l3ULCEAS4V7LhGFM6IGA17jsDUaFCKhrbXDANholyySBfeh+EN8wNB9gaLlg4j6wdBYh+3oK+mnxWu3NKRbSvQAAAAAA\
            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
            """
        ),
        (
            "padding", "5254827d29177622d40a7b67cad014fe7137700c3c523903ebbe3e1b74d40214",
            """
            Anq2XbuLvCuONcr7V0UxTh8FAyWoZNEdBHXvdbNmDZHB573MI7R7rrTYftpqmvUpahmBC2sngmI14/L0HjOZ7lWGJlzdh6lu\
            iOnGPc46cGxf08MRC4CIuxx3i2Lm0KqgJ7vA
            """
        ),
        (
            "padding", "fea39aca9aa8340c3a78ae1f0902aa7e726946e4efcd7783379df8096029c496",
            """
            An1Cg+O1TIhdav7ogfSOYvCj9dep4ctxzKtZSniCw5MwRrrPJFyAQYZh5VpjC2QYzny5LIQ9v9lhqmZR4WBYRNJ0ognHVNMw\
            iFV1SHpvUFT8HHZN/m/QarflbvDHAtO6pY16
            """
        ),
        ("unknown version", "5cd2d13b9e355aeb2452afbd3786870dbeecb9d355b12cb0a3b6e9da5744cd35", ""),
        ("too short", "d61d3f09c7dfe1c0be91af7109b60a7d9d498920c90cbba1e137320fdd938853", "Ag=="),
        (
            "too short", "9f2fef8f5401ac33f74641b568a7a30bb19409c76ffdc5eae2db6b39d2617fbe",
            "Ap/2SEZCVFIhYk6qx7nqJxM6TMI1ZoKmAzrO7vBDVJhhuZXWiM20i/tIsbjT0KxkJs2MZjh1oXNYMO9ggfk7i47WQA=="
        ),
    ]

    @Test(arguments: wrong)
    func `what is wrong is told`(_ reason: String, key: String, payload: String) throws {
        let cipher = NIP44(conversationKey: try #require(Bytes32(hex: key)))
        let failure = #expect(throws: NostrFailure.self) { try cipher.decrypted(payload) }
        #expect(failure?.description.contains(reason) == true)
    }

    @Test(arguments: [
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "eb1f7200aecaa86682376fb1c13cd12b732221e774f553b0a0857f88fa20f86d",
    ])
    func `there is no conversation with what is no point of the curve`(_ key: String) throws {
        let other = NostrPublicKey(try #require(Bytes32(hex: key)))
        #expect(NostrConversation(of: .example(2), with: other) == nil)
    }

    @Test func `a text without a byte, or of more than a mebibyte, is not encrypted`() throws {
        let cipher = NIP44(conversationKey: .random())
        for text in ["", String(repeating: "a", count: NIP44.longestText + 1)] {
            #expect(throws: NostrFailure.self) { try cipher.encrypted(text) }
        }
    }

    @Test func `no prefix and no flipped byte of a payload is read`() throws {
        let cipher = NIP44(conversationKey: try #require(Bytes32(hex: Self.vectors[0].conversationKey)))
        let bytes = Array(Self.vectors[0].payload.utf8)
        for count in bytes.indices {
            let prefix = String(decoding: bytes[..<count], as: UTF8.self)
            #expect(throws: NostrFailure.self) { try cipher.decrypted(prefix) }
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            let text = String(decoding: changed, as: UTF8.self)
            #expect(throws: NostrFailure.self, "byte \(index)") { try cipher.decrypted(text) }
        }
    }
}
