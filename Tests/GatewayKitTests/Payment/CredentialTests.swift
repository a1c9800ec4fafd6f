import GatewayKit
import GatewayTesting
import Testing

struct CredentialTests {
    @Test func `a revocation list contains what was put in`() {
        let list = RevocationList()
        let credential = CredentialID(.random())
        #expect(!list.contains(credential))
        list.insert([CredentialID]())
        #expect(!list.contains(credential))
        list.insert([credential, CredentialID(.random())])
        list.insert([credential])
        #expect(list.contains(credential))
        #expect(!list.contains(CredentialID(.random())))
    }

    @Test func `a revocation list serves many at the same time`() async {
        let list = RevocationList()
        let credentials = (0..<500).map { _ in CredentialID(.random()) }
        await withTaskGroup(of: Void.self) { group in
            for credential in credentials {
                group.addTask {
                    list.insert([credential])
                    _ = list.contains(credential)
                }
            }
        }
        #expect(credentials.allSatisfy(list.contains))
    }

    @Test(arguments: [
        ("a=b", "a", "b"), ("a", "a", ""), ("a=", "a", ""), ("=b", "", "b"), ("", "", ""), ("a=b=c", "a", "b=c"),
        ("a =b", "a ", "b"), ("a=\u{301}b", "a", "\u{301}b"), ("a=\u{338}", "a", "\u{338}"),
    ])
    func `a caveat is split at its first equals sign`(_ text: String, _ condition: String, _ value: String) {
        let caveat = Caveat(parsing: text)
        #expect(Array(caveat.condition.utf8) == Array(condition.utf8))
        #expect(Array(caveat.value.utf8) == Array(value.utf8))
    }

    @Test func `every reason of a rejection has a problem that names it`() {
        let reasons: [Rejection.Reason] = [
            .malformed, .signature, .preimage, .expired, .service, .unknownCaveat, .widened, .caveat, .revoked,
        ]
        for reason in reasons {
            let problem = Rejection(reason, "why").problem
            #expect(problem.detail == "why")
            #expect(problem.members == [.init("reason", reason.rawValue)])
            #expect(problem.type.hasPrefix("https://paymentauth.org/problems/"))
        }
    }

    @Test func `a verifier covers its own condition and names it when it refuses`() {
        struct Never: CaveatVerifier {
            let condition = "never"
            func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool { false }
            func narrows(_ earlier: Caveat, to later: Caveat) -> Bool { false }
        }
        let caveat = Caveat(condition: "never", value: "x")
        #expect(Never().covers(caveat, of: .example()))
        #expect(!Never().covers(Caveat(condition: "ever", value: "x"), of: .example()))
        #expect(
            Never().rejection(of: caveat)
                == Rejection(.caveat, "the credential's caveat 'never' does not permit this request")
        )
    }
}
