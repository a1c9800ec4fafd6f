import GatewayKit
import Lightning
import Testing

/// BIP 340, "Test Vectors".
struct SchnorrTests {
    struct Vector: Sendable {
        let secret: String
        let key: String
        let randomness: String
        let digest: String
        let signature: String
    }

    private static let vectors = [
        Vector(
            secret: "0000000000000000000000000000000000000000000000000000000000000003",
            key: "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
            randomness: "0000000000000000000000000000000000000000000000000000000000000000",
            digest: "0000000000000000000000000000000000000000000000000000000000000000",
            signature: """
                e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca821525f66a4a85ea8b71e482a74f382d2ce5\
                ebeee8fdb2172f477df4900d310536c0
                """
        ),
        Vector(
            secret: "b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef",
            key: "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
            randomness: "0000000000000000000000000000000000000000000000000000000000000001",
            digest: "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
            signature: """
                6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de33418906d11ac976abccb20b091292bff4ea\
                897efcb639ea871cfa95f6de339e4b0a
                """
        ),
        Vector(
            secret: "0b432b2677937381aef05bb02a66ecd012773062cf3fa2549e44f58ed2401710",
            key: "25d1dff95105f5253c4022f628a996ad3a0d95fbf21d468a1b33f8c160d8f517",
            randomness: "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            digest: "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            signature: """
                7eb0509757e246f19449885651611cb965ecc1a187dd51b64fda1edc9637d5ec97582b9cb13db3933705b32ba982af5a\
                f25fd78881ebb32771fc5922efc66ea3
                """
        ),
    ]

    @Test(arguments: vectors)
    func `a key signs as BIP 340 says`(_ vector: Vector) throws {
        let key = try NostrKey.example(hex: vector.secret)
        let digest = try #require(Bytes32(hex: vector.digest))
        let signature = key.signature(of: digest, randomness: try #require(Bytes32(hex: vector.randomness)))
        #expect(key.publicKey.description == vector.key)
        #expect(signature.map { Hex.encoded($0) } == vector.signature)
    }

    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ])
    func `what is zero or not below the order of the group is no key`(_ secret: String) throws {
        let bytes = try #require(Bytes32(hex: secret))
        #expect(NostrKey(bytes) == nil)
    }

    @Test func `a key does not show its secret`() throws {
        let key = try #require(NostrKey(Bytes32.random()))
        #expect("\(key)" == "(key of \(key.publicKey))")
        #expect(String(reflecting: key) == "\(key)")
    }
}
