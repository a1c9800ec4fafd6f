import GRPCPricer
import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

/// What a kept price depends on.
struct PriceKeyTests {
    private func key(
        _ target: String = "/a",
        host: String = "localhost",
        fields: [(String, String)] = [],
        body: String = "",
        by change: (inout CacheTerms) -> Void = { _ in }
    ) -> PriceKey {
        var terms = CacheTerms(lifetime: .seconds(1))
        terms.fields = [FieldName("x-model")].compactMap(\.self)
        change(&terms)
        return PriceKey(
            of: .example(.get, target, host: host, fields: fields),
            body: ByteBuffer(string: body),
            by: terms
        )
    }

    @Test func `it depends on method, host, path, query, the named fields and the body`() {
        let post = PriceKey(of: .example(.post, "/a"), body: ByteBuffer(), by: CacheTerms(lifetime: .seconds(1)))
        let keys = [
            key(), key("/b"), key("/a?x=1"), key(host: "other"), key(fields: [("X-Model", "large")]),
            key(fields: [("X-Model", "small")]),
            key(fields: [("X-Model", "")]), key(fields: [("X-Model", "large"), ("X-Model", "small")]), key(body: "b"),
            post,
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func `it does not depend on other fields`() {
        #expect(key(fields: [("Accept", "a")]) == key(fields: [("Accept", "b"), ("X-Other", "c")]))
    }

    @Test func `where the policy says so it depends on neither query nor body`() {
        let whatever: (inout CacheTerms) -> Void = { terms in
            terms.countsQuery = false
            terms.countsBody = false
        }
        #expect(key("/a?x=1", body: "b", by: whatever) == key("/a", by: whatever))
        #expect(key("/a?x=1", by: whatever) != key("/b", by: whatever))
    }

    @Test func `no part runs into the next`() {
        #expect(key("/a?x", body: "y") != key("/a", body: "?xy"))
        #expect(key(fields: [("X-Model", "ab")]) != key(fields: [("X-Model", "a"), ("X-Model", "b")]))
    }
}
