import GatewayKit
import GatewayTesting
import Lightning
import LightningTesting

extension Lnd {
    /// Runs `body` with a fake node that listens and a backend that has started.
    static func with<Result: Sendable>(
        timeout: Duration = .seconds(10),
        _ body: (FakeLnd, Lnd) async throws -> Result
    ) async throws -> Result {
        let fake = try FakeLnd()
        try await fake.start()
        let lnd = try Lnd(fake.settings(timeout: timeout), .example())
        try await lnd.start()
        do {
            let result = try await body(fake, lnd)
            await lnd.stop()
            await fake.stop()
            return result
        } catch {
            await lnd.stop()
            await fake.stop()
            throw error
        }
    }

    func invoice(_ satoshis: UInt64 = 10) async throws -> Invoice {
        let amount = Amount(millisatoshis: satoshis * 1_000)
        return try await makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
    }

    /// The next settlements of a stream.
    static func next(
        _ count: Int,
        of stream: AsyncThrowingStream<Settlement, any Error>
    ) async throws -> [Settlement] {
        var settlements = [Settlement]()
        for try await settlement in stream {
            settlements.append(settlement)
            if settlements.count == count { break }
        }
        return settlements
    }
}
