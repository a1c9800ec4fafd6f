import Foundation
import GatewayKit
import GatewayPolicy
import GatewayTesting
import MPP
import NIOHTTP1
import Standard
import Stores
import Testing
import sluice

/// What a gateway has written down of what it sold.
struct LedgerTests {
    private func entries(_ gateway: TestGateway) async throws -> [LedgerEntry] {
        let books = gateway.policy.plan.store.books
        var entries = [LedgerEntry]()
        for chain in try await books.chains() {
            entries += try await books.rows(of: chain.name, after: 0, limit: 100).compactMap(\.entry)
        }
        return entries
    }

    private func settlements(_ gateway: TestGateway) async throws -> [PaymentHash: Settlement] {
        try await Reconciliation.settlements(of: gateway.policy.plan.lightning, quiet: .seconds(1))
    }

    /// The settlements are followed in the background.
    private func untilNoted(_ gateway: TestGateway, _ count: Int) async throws {
        try await gateway.until {
            try await entries(gateway).count { $0.kind == .settlement } == count
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a charge is quoted, settled, claimed by its credential and served`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            expectStatus(200, try await gateway.present(credential, "/echo"))
            try await untilNoted(gateway, 1)
            let entries = try await entries(gateway)
            #expect(Set(entries.map(\.kind)) == [.quote, .settlement, .claim, .move])
            let quote = try #require(entries.first { $0.kind == .quote }?.quote)
            for entry in entries {
                #expect(entry.route == "charged")
                #expect(entry.service == "charged")
                #expect(entry.amount == .satoshis(10))
                #expect(entry.quote == quote)
            }
            let claimed = entries.filter { $0.kind == .claim || $0.kind == .move }
            let id = Base64.url.decoded(credential.challenge.id).flatMap { Bytes32($0) }
            #expect(Set(claimed.map(\.credential)) == [id.map { CredentialID($0) }])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a session is opened, spent, closed and paid back`() async throws {
        try await TestGateway.withSessions { gateway in
            let session = try await gateway.openSession()
            expectStatus(200, try await session.present(try await session.bearer()))
            expectStatus(200, try await session.present(try await session.close()))
            let id = try session.hash
            let entries = try await entries(gateway).filter { $0.payment == id && $0.chain == LedgerChain.money }
            let booked = entries.filter { $0.kind != .settlement }
            #expect(booked.map(\.kind) == [.credit, .debit, .debit, .close, .refund])
            #expect(booked.map(\.amount) == [50, 10, 10, 30, 30].map { Amount(millisatoshis: $0 * 1_000) })
            #expect(Set(booked.map(\.route)) == ["metered"])
            #expect(Set(booked.map(\.quote)).count == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a bundle is quoted, claimed once and debited for each request`() async throws {
        let path = "/v1/chat/completions"
        let routes = """
              - name: completions
                match: { path: \(path) }
                service: models
                allow: { unbounded-meter: the service ends by itself }
                pipeline:
                  - auth: mpp
                  - rate-limit: { limit: 1000/s }
                  - price: { use: tokens, input: 1 msat, output: 2 msat, bundle: 1k, reserve: 100 }
                  - forward: echo
            """
        try await ModelUpstream.with { port, _ in
            try await TestGateway.with(routes: routes, echo: port) { gateway in
                let credential = try await gateway.charge(path, method: .POST, body: "{}")
                for _ in 0..<2 {
                    expectStatus(200, try await gateway.present(credential, path, method: .POST, body: "{}"))
                }
                let desk = try #require(gateway.policy.parts.all.lazy.compactMap { $0 as? MeterDesk }.first)
                await desk.quiesce()
                let entries = try await entries(gateway).filter { $0.kind != .settlement }
                #expect(Set(entries.map(\.kind)) == [.quote, .claim, .debit])
                let debits = entries.filter { $0.kind == .debit }
                // 11 tokens of input and 5 of output.
                #expect(debits.map(\.amount) == [21, 21].map { Amount(millisatoshis: $0) })
                #expect(Set(entries.map(\.quote)).count == 1)
                #expect(Set(entries.map(\.service)) == ["models"])
                #expect(Set(entries.map(\.route)) == ["completions"])
                let id = Base64.url.decoded(credential.challenge.id).flatMap { Bytes32($0) }
                #expect(Set(debits.map(\.credential)) == [id.map { CredentialID($0) }])
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `agrees with the node, until one of the two forgets`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            expectStatus(200, try await gateway.present(credential, "/echo"))
            try await untilNoted(gateway, 1)
            let books = gateway.policy.plan.store.books
            let settlements = try await settlements(gateway)
            let agreed = try await Reconciliation.of(books, against: settlements)
            #expect(agreed.differences == [])
            #expect(agreed.settled == 1)
            #expect(agreed.amount == .satoshis(10))

            let forgotten = try await Reconciliation.of(books, against: [:])
            #expect(forgotten.differences.map(\.kind) == [.unpaid])

            let short = settlements.mapValues { settlement in
                Settlement(
                    payment: settlement.payment,
                    amount: Amount(millisatoshis: 9_999),
                    settledAt: settlement.settledAt,
                    cursor: settlement.cursor
                )
            }
            let underpaid = try await Reconciliation.of(books, against: short)
            #expect(underpaid.differences.map(\.kind) == [.short])

            let foreign = Settlement(
                payment: PaymentHash(.random()),
                amount: .zero,
                settledAt: WallTime(seconds: 0),
                cursor: SettlementCursor(position: 9)
            )
            let others = try await Reconciliation.of(books, against: [foreign.payment: foreign])
            #expect(others.others == 1)
        }
    }

    @Test func `what the node got and nobody noted is told`() async throws {
        let store = MemoryStore()
        let payment = PaymentHash(.random())
        let invoice = Invoice(
            bolt11: "lnbcrt1",
            paymentHash: payment,
            amount: Amount(millisatoshis: 5_000),
            expiresAt: WallTime(seconds: 1)
        )
        store.note(IssuedInvoice(invoice: invoice, service: "a", route: "a", issuedAt: WallTime(seconds: 0)))
        let settlement = Settlement(
            payment: payment,
            amount: invoice.amount,
            settledAt: WallTime(seconds: 0),
            cursor: SettlementCursor(position: 1)
        )
        let result = try await Reconciliation.of(store.books, against: [payment: settlement])
        #expect(result.differences.map(\.kind) == [.unnoticed])
    }

    @Test func `is written as CSV that cells cannot break`() throws {
        let entry = LedgerEntry(
            .claim,
            of: Amount(millisatoshis: 1_500),
            payment: PaymentHash(.zero),
            at: WallTime(seconds: 0),
            service: "a,b",
            route: "say \"hi\"\n",
            quote: ExchangeID(1)
        )
        let row = LedgerRow(chain: LedgerChain.money, position: 7, entry: entry, hash: .zero)
        let zeros = String(repeating: "0", count: 64)
        #expect(
            LedgerLine(row)?.csv
                == "money,7,1970-01-01T00:00:00Z,claim,1500,\(zeros),\"a,b\",\"say \"\"hi\"\"\n\",0000000000000001,,,\(zeros)"
        )
        #expect(LedgerLine.csvHead.split(separator: ",").count == 12)
    }

    @Test(.timeLimit(.minutes(5)))
    func `is verified, exported and reconciled by commands, also while the gateway runs`() async throws {
        let folder = try TemporaryFolder()
        try await TestGateway.with(folder: folder.path + "/data") { gateway in
            _ = try await gateway.buy("/quotes")
            try await untilNoted(gateway, 1)
            let policies = folder.path + "/policy.yaml"
            let text = TestGateway.policyText(upstreamPort: 9)
            try text.write(toFile: policies, atomically: true, encoding: .utf8)
            func run(_ arguments: [String]) async throws -> SluiceCommand {
                try await SluiceCommand.run(["ledger"] + arguments + [policies, "--data", folder.path + "/data"])
            }
            let verified = try await run(["verify"])
            #expect(verified.status == 0)
            #expect(verified.text.contains("\"rows\" : 2"))
            let lines = try await run(["export", "--format", "json"]).text.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.hasPrefix("{\"amount_msat\":10000,") })
            let reconciled = try await run(["reconcile", "--quiet", "1s"])
            #expect(reconciled.status == 0)
            #expect(reconciled.text.contains("\"settled\" : 1"))
            let unknown = try await run(["verify", "--head", "money/9/\(String(repeating: "0", count: 64))"])
            #expect(unknown.status == 1)
            #expect(unknown.error.contains("row 9 of money: was written down and is missing"))
        }
    }
}
