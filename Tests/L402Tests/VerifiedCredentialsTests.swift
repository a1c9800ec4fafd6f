import GatewayKit
import L402
import Testing

struct VerifiedCredentialsTests {
    private let credentials = VerifiedCredentials()

    private func credential(_ number: Int) -> Credential {
        let id = CredentialID(Bytes32(repeatElement(UInt8(truncatingIfNeeded: number), count: 32)) ?? .zero)
        return Credential(scheme: "l402", id: id, payment: Shop.payment, caveats: [])
    }

    private func find(_ text: String) -> Credential? {
        Array(text.utf8).withUnsafeBytes { credentials.credential(for: $0) }
    }

    private func insert(_ credential: Credential, _ text: String) {
        Array(text.utf8).withUnsafeBytes { credentials.insert(credential, for: $0) }
    }

    @Test func `what was put in is found by its text and by no other`() {
        let one = credential(1)
        insert(one, "one")
        #expect(find("one") === one)
        #expect(find("onf") == nil)
        #expect(find("on") == nil)
        #expect(find("") == nil)
    }

    @Test func `it holds no more than its capacity`() {
        for number in 0..<20_000 {
            insert(credential(number), "text \(number)")
        }
        let kept = (0..<20_000).count { find("text \($0)") != nil }
        #expect(kept > VerifiedCredentials.capacity / 2)
        #expect(kept <= VerifiedCredentials.capacity)
    }

    @Test func `the newest is always there`() {
        for number in 0..<20_000 {
            let newest = credential(number)
            insert(newest, "text \(number)")
            #expect(find("text \(number)") === newest)
        }
    }

    @Test func `one that is used again and again outlives those that are not`() {
        let loved = credential(1)
        insert(loved, "loved")
        for number in 0..<20_000 {
            insert(credential(number), "text \(number)")
            _ = find("loved")
        }
        #expect(find("loved") === loved)
    }

    @Test func `a long text is not kept`() {
        let text = String(repeating: "x", count: 2_049)
        insert(credential(1), text)
        #expect(find(text) == nil)
    }
}
