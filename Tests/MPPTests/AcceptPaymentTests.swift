import MPP
import Testing

struct AcceptPaymentTests {
    private let offers = ["lightning/charge", "lightning/session", "tempo/charge"]

    private func selected(_ text: String) -> [String]? {
        AcceptPayment(text)?.selected(of: offers) { offer in
            let parts = offer.split(separator: "/").map(String.init)
            return (parts[0], parts[1])
        }
    }

    @Test(arguments: [
        ("lightning/charge", ["lightning/charge"]), ("*/*", ["lightning/charge", "lightning/session", "tempo/charge"]),
        ("lightning/session, lightning/charge;q=0.5", ["lightning/session", "lightning/charge"]),
        ("lightning/*;q=0.2, */charge;q=0.9", ["tempo/charge", "lightning/charge", "lightning/session"]),
        ("*/*;q=0.1,lightning/session;q=1.000", ["lightning/session", "lightning/charge", "tempo/charge"]),
        ("*/*, tempo/charge;q=0", ["lightning/charge", "lightning/session"]),
        (
            "*/charge;q=0.3, lightning/*;q=0.4 , lightning/charge ; q=0.1",
            ["lightning/session", "tempo/charge", "lightning/charge"]
        ),
    ])
    func `offers are filtered and ordered, the most specific range first`(text: String, expected: [String]) {
        #expect(selected(text) == expected)
    }

    @Test(arguments: ["stripe/charge", "*/*;q=0", "Lightning/charge"])
    func `a client that takes nothing is offered everything`(text: String) {
        #expect(selected(text) == offers)
    }

    @Test(arguments: [
        "", ",", "lightning", "lightning/", "/charge", "a/b/c", "lightning/charge;q=2", "a/b;q=", "a/b;q=0.1234",
        "a/b;x=1", "a/b;q=0.5;q=1", "a b/c", "a/b;q=1.001", "a/b;", "a/b;q=.5",
    ])
    func `what cannot be read says nothing`(text: String) {
        #expect(AcceptPayment(text) == nil)
    }

    @Test func `no prefix and no flipped byte traps`() {
        for variant in Variants.of(Array("lightning/charge, */*;q=0.125, a/*;q=0".utf8)) {
            guard let found = selected(String(decoding: variant, as: UTF8.self)) else { continue }
            #expect(!found.isEmpty)
        }
    }
}
