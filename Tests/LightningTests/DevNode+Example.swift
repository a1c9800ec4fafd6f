import GatewayKit
import GatewayTesting
import Lightning

extension DevNode {
    /// A node on a store in memory; not started.
    static func example(
        store: any Store = MemoryStore(),
        time: TimeSource = .system,
        invoicesInMemory: Int = 1_000
    ) -> DevNode {
        DevNode(
            listener: ListenerSettings(host: "127.0.0.1", port: 0),
            .example(time: time, store: store),
            invoicesInMemory: invoicesInMemory
        )
    }

    static func started(
        store: any Store = MemoryStore(),
        time: TimeSource = .system,
        invoicesInMemory: Int = 1_000
    ) async throws -> DevNode {
        let node = example(store: store, time: time, invoicesInMemory: invoicesInMemory)
        try await node.start()
        return node
    }

    func invoice(_ satoshis: UInt64 = 10, memo: String = "tea") async throws -> Invoice {
        let amount = Amount(millisatoshis: satoshis * 1_000)
        return try await makeInvoice(for: amount, memo: memo, expiresIn: .seconds(60))
    }
}
