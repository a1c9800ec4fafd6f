import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayPolicy
import GatewayServer
import GatewayTesting
import Logging
import MPP
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Stores
import sluice

/// A gateway and a node that are killed and come again while clients pay: one store and one data folder for all lives.
final class RestartTrial: Sendable {
    private struct Life {
        let running: RunningGateway
        let store: SeverableStore
        let url: String
    }

    private struct State {
        var life: Life?
        var ended: [Task<Void, Never>] = []
        var served: [PaymentHash: Int] = [:]
        var lost: [PaymentHash] = []
    }

    let time = ManualTime()
    let node: RestartingNode
    /// By the same clock: invoices that ended long ago are forgotten.
    let store: MemoryStore
    private let keepsBooks: Bool
    private let upstream: RunningServer
    private let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    private let state = NIOLockedValueBox(State())

    init(
        of capabilities: LightningCapabilities = .subscribe,
        earlier: UInt64 = 0,
        members: [String] = [],
        keepsBooks: Bool = true,
        saysWhereItStands: Bool = true
    ) async throws {
        self.keepsBooks = keepsBooks
        store = MemoryStore(time: time.source)
        node = RestartingNode(
            time: time,
            capabilities: capabilities,
            earlier: earlier,
            members: members,
            saysWhereItStands: saysWhereItStands
        )
        upstream = try await EchoUpstream.start()
    }

    // MARK: Lives

    func begin() async throws {
        let severable = SeverableStore(store, keepsBooks: keepsBooks)
        let text = TestGateway.policyText(
            upstreamPort: upstream.addresses.first?.port ?? 0,
            routes: "      - { name: charged, match: { path: /echo }, pipeline: [ use: charged ] }"
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let policy = try LoadedPolicy(
            dataFolder: folder,
            time: time.source,
            logger: logger,
            standIns: { [node] services in
                var services = services
                services.store = severable
                services.lightning = node
                return services
            },
            printsWarnings: false,
            load: { $0.load(text: text, named: "test.yaml") }
        )
        let running = try await Gateway(policy, drainTimeout: .seconds(5)).start(
            on: MultiThreadedEventLoopGroup.singleton
        )
        let url = "http://127.0.0.1:\(running.addresses.first?.port ?? 0)"
        state.withLockedValue { $0.life = Life(running: running, store: severable, url: url) }
    }

    /// Nothing that it has not written reaches the next one, and what it served is held for dead by then.
    func kill() {
        state.withLockedValue { state in
            guard let life = state.life else { return }
            life.store.sever()
            state.life = nil
            state.ended.append(Task { await life.running.stop() })
        }
        time.advance(by: .seconds(61))
    }

    func end() async {
        kill()
        for task in state.withLockedValue({ $0.ended }) { await task.value }
        await upstream.drain()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What a life before all of these gave out.
    func offered(_ invoice: Invoice) {
        store.note(IssuedInvoice(invoice: invoice, service: "charged", route: "charged", issuedAt: time.now))
    }

    // MARK: What came of it

    var finishedCount: Int { state.withLockedValue { $0.served.count + $0.lost.count } }
    var lost: [PaymentHash] { state.withLockedValue { $0.lost } }
    var servedTwice: [PaymentHash] { state.withLockedValue { $0.served.filter { $0.value > 1 }.map(\.key) } }

    /// How often the books say that each payment has arrived.
    func bookedSettlements() async throws -> [PaymentHash: Int] {
        let rows = try await store.books.rows(of: LedgerChain.money, after: 0, limit: .max)
        return rows.reduce(into: [:]) { counts, row in
            guard let entry = row.entry, entry.kind == .settlement else { return }
            counts[entry.payment, default: 0] += 1
        }
    }

    // MARK: Clients

    /// Buys one answer, whatever happens meanwhile, and tries the payment once more.
    func purchase() async throws {
        let credential = try await paid()
        let payment = try credential.payment
        guard try await present(credential) else {
            state.withLockedValue { $0.lost.append(payment) }
            return
        }
        let isServedAgain = try await present(credential)
        state.withLockedValue { $0.served[payment, default: 0] += isServedAgain ? 2 : 1 }
    }

    /// A credential that nobody has presented yet.
    func paid() async throws -> PaymentCredential {
        let challenge = try await offer()
        guard let invoice = try challenge.requestObject()["methodDetails"]?["invoice"]?.text else {
            throw ConformanceFailure("the challenge has no invoice")
        }
        return challenge.paid(with: try await pay(invoice))
    }

    private func offer() async throws -> PaymentChallenge {
        while true {
            if let answer = try await request(nil), answer.status == 402, let challenge = answer.payments.first {
                return challenge
            }
        }
    }

    private func pay(_ invoice: String) async throws -> Preimage {
        while true {
            do {
                return try node.pay(invoice)
            } catch let failure as LightningFailure where failure.reason == .unavailable {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    /// - Returns: false when the payment buys nothing.
    private func present(_ credential: PaymentCredential) async throws -> Bool {
        while true {
            switch try await request(credential)?.status {
            case 200: return true
            case 402: return false
            default: continue
            }
        }
    }

    /// `nil` where nobody answers.
    func request(_ credential: PaymentCredential?) async throws -> TestGateway.Answer? {
        try Task.checkCancellation()
        guard let life = state.withLockedValue({ $0.life }) else {
            try await Task.sleep(for: .milliseconds(1))
            return nil
        }
        var request = HTTPClientRequest(url: life.url + "/echo")
        if let credential { request.headers.add(name: "Authorization", value: credential.authorization) }
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 1 << 20)
            // The dead make no offers: nothing of these is written.
            if credential == nil, life.store.isSevered { return nil }
            return TestGateway.Answer(
                status: Int(response.status.code),
                headers: response.headers,
                body: String(buffer: body)
            )
        } catch {
            return nil
        }
    }
}
