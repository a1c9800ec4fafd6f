import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayServer
import GatewayTesting
import LightningTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// `sluice run` in a process that is killed and started again while clients pay, and an lnd that goes and comes back: one data
/// folder and one node for all lives.
final class KillTrial: Sendable {
    struct Offer {
        /// Of the gateway that made it.
        let life: Int
        let madeAt: ContinuousClock.Instant
    }

    struct State {
        /// Of the gateway; `nil` while there is none.
        var url: String?
        /// Of the gateway, from 1.
        var life = 0
        var killedAt: [Int: ContinuousClock.Instant] = [:]
        /// How many subscriptions the node had seen before each life.
        var subscriptionsBefore: [Int] = []
        /// By life: the settle index up to which the books were full before it.
        var booked: [Int: Int] = [:]
        /// Those that were paid.
        var offers: [PaymentHash: Offer] = [:]
        var lastAttempt = 0
        var purchases: [KillPurchase] = []
        var sessions: [KillSession] = []
        var faults: [String] = []
        var isClosing = false
    }

    private static let routes = """
          - { name: charged, match: { path: /echo }, pipeline: [ use: charged ] }
          - name: both
            match: { path: /both }
            pipeline: [ use: either-scheme, price: 10 sat, forward: echo ]
          - name: metered
            match: { path: /metered }
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 50 sat, session-idle: 1h }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
        """

    let dice: Dice
    let node: FakeLnd
    let client: HTTPClient
    let state = NIOLockedValueBox(State())
    private let upstream: RunningServer
    private let folder: TemporaryFolder
    private let finished: AsyncStream<Void>
    private let finish: AsyncStream<Void>.Continuation

    private init(seed: UInt64) async throws {
        let (node, folder, upstream) = (try FakeLnd(), try TemporaryFolder(), try await EchoUpstream.start())
        try await node.start()
        try Self.write(folder, node: node, upstreamPort: upstream.addresses.first?.port ?? 0)
        dice = Dice(seed)
        self.node = node
        self.folder = folder
        self.upstream = upstream
        (finished, finish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        var configuration = HTTPClient.Configuration()
        // Who is killed does not come back at the same port.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static func write(_ folder: TemporaryFolder, node: FakeLnd, upstreamPort: Int) throws {
        let (certificate, macaroon) = ("\(folder.path)/tls.cert", "\(folder.path)/sluice.macaroon")
        let file = try #require(Hex.decoded(FakeLnd.macaroon))
        try Data(LndIdentity.node.certificate.utf8).write(to: URL(fileURLWithPath: certificate))
        try Data(file).write(to: URL(fileURLWithPath: macaroon))
        let lnd = "address: \(node.address), certificate: \(certificate), macaroon: !file \(macaroon), network: regtest"
        // All clients are one, by their address, and whatever is refused is offered anew.
        let policy =
            TestGateway.policyText(upstreamPort: upstreamPort, routes: routes)
            .replacing("{ use: dev, listen: 127.0.0.1:0 }", with: "{ use: lnd, \(lnd) }")
            + "\ninvoices: { per-client: 10000 }\n"
        try Data(policy.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/policy.yaml"))
    }

    static func with(seed: UInt64, _ body: (KillTrial) async throws -> Void) async throws {
        let trial = try await KillTrial(seed: seed)
        do {
            try await body(trial)
        } catch {
            try await trial.end()
            throw error
        }
        try await trial.end()
    }

    private func end() async throws {
        await node.stop()
        await upstream.drain()
        try await client.shutdown()
    }

    // MARK: Lives

    private var arguments: [String] { ["\(folder.path)/policy.yaml", "--data", "\(folder.path)/data"] }

    /// Returns once the gateway listens.
    func begin() async throws -> ServingSluice {
        let subscriptions = node.subscriptions.count
        let sluice = try ServingSluice(["run"] + arguments, in: folder)
        let port = try await sluice.port()
        state.withLockedValue { state in
            state.life += 1
            state.url = "http://127.0.0.1:\(port)"
            state.subscriptionsBefore.append(subscriptions)
        }
        return sluice
    }

    /// Returns once the gateway listens to the node.
    func untilFollowed() async throws {
        while node.subscriptions.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    }

    /// Returns once the process is gone.
    func kill(_ sluice: ServingSluice) async throws {
        state.withLockedValue { state in
            state.url = nil
            state.killedAt[state.life] = .now
        }
        sluice.send(SIGKILL)
        _ = try await sluice.status()
    }

    /// Ends it as an operator does.
    func stop(_ sluice: ServingSluice) async throws -> Int32 {
        state.withLockedValue { $0.url = nil }
        sluice.send(SIGTERM)
        return try await sluice.status()
    }

    /// The moment is chance, too.
    func wait(upTo limit: Duration) async throws {
        try await Task.sleep(for: limit * dice.number(in: 0..<1_000) / 1_000)
    }

    /// Returns when clients have come to the end of so many purchases, or of them all.
    func untilFinished(_ count: Int) async {
        var left = count
        for await _ in finished {
            left -= 1
            if left == 0 { return }
        }
    }

    /// Clients come to the end of what they have begun.
    func close() { state.withLockedValue { $0.isClosing = true } }

    // MARK: For clients

    func noteOffer(_ payment: PaymentHash, of life: Int) {
        state.withLockedValue { $0.offers[payment] = Offer(life: life, madeAt: .now) }
    }

    func noteFinished(_ purchase: KillPurchase) {
        state.withLockedValue { $0.purchases.append(purchase) }
        finish.yield()
    }

    func noteFinished(_ session: KillSession) {
        state.withLockedValue { $0.sessions.append(session) }
        finish.yield()
    }

    /// There is nothing more to wait for.
    func noteFault(_ fault: String) {
        state.withLockedValue { $0.faults.append(fault) }
        finish.finish()
    }

    // MARK: Books

    /// What the ledger says, whether a gateway runs or not.
    func books() async throws -> KillBooks {
        let command = try await SluiceCommand.run(["ledger", "export", "--format", "json"] + arguments)
        guard command.status == 0 else { throw ConformanceFailure("the ledger was not exported: \(command.error)") }
        return try KillBooks(command.text)
    }

    /// What `sluice ledger verify` says that is wrong.
    func ledgerFindings() async throws -> String {
        let command = try await SluiceCommand.run(["ledger", "verify"] + arguments)
        return command.status == 0 ? "" : command.error + command.text
    }

    /// Where the books of a gateway that is dead stand is where the next one has to go on.
    func noteBooked() async throws {
        let settlements = try await books().settlements
        let last = node.settled.lastIndex { settlements[$0] != nil }
        let position = last.map { $0 + 1 } ?? 0
        state.withLockedValue { state in state.booked[state.life + 1] = position }
    }

    /// Returns once the books know of each payment that has arrived and that was asked for by an invoice they know.
    func untilBooked() async throws -> KillBooks {
        while true {
            let (arrived, books) = (node.settled, try await books())
            if arrived.allSatisfy({ !books.quotes.contains($0) || books.settlements[$0] != nil }) { return books }
        }
    }
}
