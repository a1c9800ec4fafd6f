import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayKit
import L402
import Lightning
import MPP
import Testing

/// The gateway between a server and a client of grpc-swift, over h2c on both sides.
@Suite(.timeLimit(.minutes(5)))
struct GRPCSwiftTests {
    private struct Place {
        let client: TextClient
        let service: TextService
        /// Where the development node's interface is.
        let node: String
    }

    private func withGateway(_ body: @Sendable (Place) async throws -> Void) async throws {
        let service = TextService(["test.Text", "test.Paid", "test.Charged"])
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: .plaintext
        )
        try await withGRPCServer(transport: transport, services: [service]) { server in
            let address = try await server.listeningAddress
            let policy = """
                version: 1
                listen: 127.0.0.1:0
                lightning: { use: dev, listen: 127.0.0.1:0 }
                store: { use: sqlite }
                upstreams:
                  text: { url: "h2c://127.0.0.1:\(address?.ipv4?.port ?? 0)" }
                  down: { url: "h2c+unix:/proc/nobody.sock" }
                routes:
                  - { name: text, match: { path: /test.Text/* }, pipeline: [ forward: text ] }
                  - { name: down, match: { path: /test.Down/* }, pipeline: [ forward: down ] }
                  - name: paid
                    match: { path: /test.Paid/* }
                    pipeline:
                      - auth: { use: l402, valid-for: 1h }
                      - caveats: [service, expires, path, method, address]
                      - price: 10 sat
                      - forward: text
                  - name: charged
                    match: { path: /test.Charged/* }
                    pipeline: [ auth: { use: mpp, charge-on: success }, price: 10 sat, forward: text ]
                """
            try await ProtocolGateway.serving(policy, in: TemporaryFolder()) { ports in
                try await TextClient.with(ports[0]) { client in
                    try await body(Place(client: client, service: service, node: "http://127.0.0.1:\(ports[1])"))
                }
            }
        }
    }

    @Test func `a unary call passes, with metadata on both ends`() async throws {
        try await withGateway { place in
            var metadata: Metadata = ["x-text": "here"]
            metadata.addBinary([0, 0xFF], forKey: "x-raw-bin")
            let answer = try await place.client.call(.echo, ["hello"], metadata: metadata)
            #expect(answer.error == nil)
            #expect(answer.messages == ["hello"])
            #expect(Array(answer.metadata[stringValues: "x-text-initial"]) == ["here"])
            #expect(Array(answer.trailers[stringValues: "x-text-trailing"]) == ["here"])
            #expect(Array(answer.trailers[binaryValues: "x-raw-trailing-bin"]) == [[0, 0xFF]])
        }
    }

    @Test func `a message that is longer than every window passes`() async throws {
        try await withGateway { place in
            let long = String(repeating: "0123456789abcdef", count: 1 << 17)
            let answer = try await place.client.call(.echo, [long])
            #expect(answer.error == nil)
            #expect(answer.messages.map(\.count) == [long.count])
            #expect(answer.messages == [long])
        }
    }

    @Test func `streams of every kind pass`() async throws {
        try await withGateway { place in
            let joined = try await place.client.call(.join, ["a", "b", "c"])
            #expect(joined.messages == ["a+b+c"])
            let split = try await place.client.call(.split, ["a b c"])
            #expect(split.messages == ["a", "b", "c"])
            let both = try await place.client.call(.both, (0..<20).map { "\($0)" })
            #expect(both.messages == (0..<20).map { "re: \($0)" })
            #expect([joined.error, split.error, both.error] == [nil, nil, nil])
        }
    }

    @Test func `an error with trailers only passes, and one after a message`() async throws {
        try await withGateway { place in
            let early = try await place.client.call(.fail, ["a"])
            #expect(early.error?.code == .failedPrecondition)
            #expect(early.error?.message == "nein: größer")
            #expect(early.error.map { Array($0.metadata[stringValues: "x-reason"]) } == ["because"])
            let late = try await place.client.call(.failLate, ["a"])
            #expect(late.messages == ["first"])
            #expect(late.error?.code == .dataLoss)
            #expect(late.error.map { Array($0.metadata[stringValues: "x-reason"]) } == ["late"])
        }
    }

    @Test func `a deadline ends the call on both ends`() async throws {
        try await withGateway { place in
            // On connections that are there, so that the deadline is not over before the server has heard of the call.
            let first = try await place.client.call(.echo, ["hello"])
            #expect(first.messages == ["hello"])
            let answer = try await place.client.call(.hang, ["a"], timeout: .seconds(2))
            #expect(answer.error?.code == .deadlineExceeded)
            var events = place.service.events.makeAsyncIterator()
            let seen = [await events.next(), await events.next()]
            #expect(seen == ["begun", "over"])
        }
    }

    @Test func `a call that is cancelled ends at the server`() async throws {
        try await withGateway { place in
            let client = place.client
            var events = place.service.events.makeAsyncIterator()
            await withTaskGroup { group in
                group.addTask { _ = try? await client.call(.hang, ["a"]) }
                let first = await events.next()
                #expect(first == "begun")
                group.cancelAll()
                let second = await events.next()
                #expect(second == "over")
            }
            // The connection has come to no harm.
            let next = try await client.call(.echo, ["hello"])
            #expect(next.messages == ["hello"])
        }
    }

    @Test func `where nobody serves it is unavailable, and what no route knows unimplemented`() async throws {
        try await withGateway { place in
            let down = try await place.client.call(.echo, of: "test.Down", ["a"])
            #expect(down.error?.code == .unavailable)
            let unknown = try await place.client.call(.echo, of: "test.Unknown", ["a"])
            #expect(unknown.error?.code == .unimplemented)
        }
    }

    /// Calls twice with one payment.
    private func paidTwice(_ method: TextService.Method, _ place: Place) async throws -> [RPCError.Code?] {
        let unpaid = try await place.client.call(method, of: "test.Charged", ["a"])
        let offers = unpaid.error.map { Array($0.metadata[stringValues: "www-authenticate"]) } ?? []
        let challenge = try #require(ChallengeLine.challenges(in: offers).first)
        let wallet = try LndRESTWallet(url: place.node, macaroonHex: nil, certificateFile: nil)
        let invoice = try #require(try challenge.requestObject()["methodDetails"]?["invoice"]?.text)
        let payment = try await wallet.pay(invoice, feeLimit: .zero)
        try await wallet.shutdown()
        let metadata: Metadata = ["authorization": .string(challenge.paid(with: payment.preimage).authorization)]
        var codes: [RPCError.Code?] = []
        for _ in 0..<2 {
            let answer = try await place.client.call(method, of: "test.Charged", ["a"], metadata: metadata)
            codes.append(answer.error?.code)
        }
        return codes
    }

    @Test(arguments: [TextService.Method.fail, .failEmpty])
    func `with charge-on success a call that fails without a message uses up nothing`(
        _ method: TextService.Method
    ) async throws {
        try await withGateway { place in
            let codes = try await paidTwice(method, place)
            #expect(codes == [.failedPrecondition, .failedPrecondition])
        }
    }

    @Test(arguments: [(TextService.Method.echo, RPCError.Code?.none), (.failLate, .dataLoss)])
    func `with charge-on success a call that has given a message uses its payment up`(
        _ method: TextService.Method,
        _ code: RPCError.Code?
    ) async throws {
        try await withGateway { place in
            let codes = try await paidTwice(method, place)
            #expect(codes == [code, .internalError])
        }
    }

    @Test func `an unpaid call is told how to pay in its trailers, and passes once it is paid`() async throws {
        try await withGateway { place in
            let unpaid = try await place.client.call(.echo, of: "test.Paid", ["hello"])
            let error = try #require(unpaid.error)
            #expect(error.code == .internalError)
            #expect(unpaid.messages.isEmpty)
            let offers = Array(error.metadata[stringValues: "www-authenticate"])
            let challenge = try #require(L402Challenge.challenges(in: offers).first)

            let wallet = try LndRESTWallet(url: place.node, macaroonHex: nil, certificateFile: nil)
            let payment = try await wallet.pay(challenge.invoice, feeLimit: .zero)
            try await wallet.shutdown()
            let token = challenge.paid(with: payment.preimage)
            let paid = try await place.client.call(
                .echo,
                of: "test.Paid",
                ["hello"],
                metadata: ["authorization": .string(token.authorization)]
            )
            #expect(paid.error == nil)
            #expect(paid.messages == ["hello"])
        }
    }
}
