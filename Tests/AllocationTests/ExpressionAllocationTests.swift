import CAllocationCount
import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

/// What an expression costs a request in memory, exactly.
@Suite(.serialized) struct `Allocations of an expression` {
    private static let isCounting = sluice_allocation_count() >= 0

    private let exchange = Exchange.example(
        .example(
            .post,
            "/v1/models?size=large&n=12",
            fields: [("Accept", "*/*"), ("X-Plan", "a plan whose name is long"), ("X-Tenant", "tenant-7")]
        )
    )
    private let caveat = Caveat(condition: "plan", value: "a plan whose name is long,another plan")

    private func allocations(_ text: String, in scope: ExpressionScope = .caveat) throws -> Int {
        let expression = try Expression(text, in: scope, time: .system)
        let input = ExpressionInput.exchange(exchange, caveat: caveat)
        for _ in 0..<3 {
            #expect(expression.holds(for: input) == .success(true))
        }
        let rounds = 100
        let before = sluice_allocation_count()
        var held = 0
        for _ in 0..<rounds {
            if case .success(true) = expression.holds(for: input) { held &+= 1 }
        }
        let count = sluice_allocation_count() - before
        #expect(held == rounds)
        #expect(count % rounds == 0)
        return count / rounds
    }

    @Test(
        .enabled(if: isCounting, "sanitizers bring their own allocator"),
        arguments: [
            ("request.headers['x-plan'] in caveat.list", 6),
            ("request.headers['x-plan'] == 'a plan whose name is long'", 0),
            ("request.path.startsWith('/v1/') && request.method in ['POST', 'PUT']", 0),
            ("request.query.size == 'large' || int(request.query.n) > 100", 32),
            ("cidr('192.0.2.0/24').containsIP(client.address) && request.time > timestamp('2020-01-01T00:00:00Z')", 0),
            ("'x-tenant' in request.headers && !('x-other' in request.headers)", 8),
        ]
    )
    func `the head of a request is asked about with few in a debug build`(_ text: String, _ expected: Int) throws {
        let count = try allocations(text)
        // What is not zero is what an unoptimised build spends on generic collections.
        #expect(count == expected)
    }

    @Test(.enabled(if: isCounting, "sanitizers bring their own allocator"))
    func `a walk over a list takes one, and over a text with commas eight in a debug build`() throws {
        let short = try allocations("['a', 'b', 'c'].exists(x, x == 'c')")
        #expect(short == 1)
        let long = try allocations("caveat.list.exists(x, x == request.headers['x-plan'])")
        #expect(long == 8)
    }

    @Test(.enabled(if: isCounting, "sanitizers bring their own allocator"))
    func `a body that was read is asked about with six in a debug build`() throws {
        let body = #"{"model":"a model whose name is long","max_tokens":100}"#
        let exchange = Exchange.example(
            .example(.post, "/", fields: [("Content-Type", "application/json")], body: .length(UInt64(body.utf8.count)))
        )
        let source = Body(body)
        exchange.bodySource = source
        _ = exchange.readJSON(upTo: .kibibytes(64))
        let expression = try Expression(
            "request.json.model == 'a model whose name is long' && request.json.max_tokens <= 100",
            in: .price,
            time: .system
        )
        let input = ExpressionInput.exchange(exchange)
        #expect(expression.holds(for: input) == .success(true))
        let before = sluice_allocation_count()
        var held = 0
        for _ in 0..<100 {
            if case .success(true) = expression.holds(for: input) { held &+= 1 }
        }
        let count = sluice_allocation_count() - before
        withExtendedLifetime(source) {}
        #expect(held == 100)
        #expect(count == 600)
    }

    private final class Body: RequestBodySource {
        let bytes: ByteBuffer
        init(_ text: String) { bytes = ByteBuffer(string: text) }
        func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> { .now(bytes) }
    }
}
