import GatewayKit
import L402
import Testing

struct L402IdentifierTests {
    private let identifier = L402Identifier(payment: Shop.payment, generation: 0x0102_0304)

    @Test func `it is version, payment hash and token id`() {
        #expect(identifier.bytes.count == 66)
        #expect(identifier.bytes[..<2] == [0, 0])
        #expect(Array(identifier.bytes[2..<34]) == Shop.payment.bytes.array)
        #expect(Array(identifier.bytes[34..<38]) == [1, 2, 3, 4])
        #expect(identifier.generation == 0x0102_0304)
        #expect(L402Identifier(identifier.bytes) == identifier)
    }

    @Test func `no two token ids are the same`() {
        #expect(identifier.tokenID != L402Identifier(payment: Shop.payment, generation: 0x0102_0304).tokenID)
    }

    @Test(arguments: [0, 1, 2, 34, 65, 67, 98])
    func `any other length than 66 bytes is refused`(count: Int) {
        #expect(L402Identifier([UInt8](repeating: 0, count: count)) == nil)
    }

    @Test func `another version is refused`() {
        #expect(L402Identifier([0, 1] + identifier.bytes.dropFirst(2)) == nil)
    }
}
