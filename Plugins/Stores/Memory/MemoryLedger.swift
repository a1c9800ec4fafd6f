internal import GatewayKit
internal import NIOCore

/// The books of a store in memory. A value: whoever keeps it guards it.
struct MemoryLedger {
    /// Rows of a chain at the most; beyond it the oldest are forgotten.
    private static let capacity = 100_000

    private struct Chain {
        var rows = CircularBuffer<LedgerRow>()
        var start: Int64 = 0
        var startHash = Bytes32.zero
        var endHash = Bytes32.zero

        var end: Int64 { start + Int64(rows.count) }
    }

    private var chains = [String: Chain]()

    mutating func append(_ entry: LedgerEntry) {
        let name = entry.chain
        var chain = chains.removeValue(forKey: name) ?? Chain()
        let position = chain.end + 1
        chain.endHash = LedgerHash.hash(of: entry, at: position, in: name, after: chain.endHash)
        chain.rows.append(LedgerRow(chain: name, position: position, entry: entry, hash: chain.endHash))
        if chain.rows.count > Self.capacity, let first = chain.rows.popFirst() {
            chain.start = first.position
            chain.startHash = first.hash
        }
        chains[name] = chain
    }

    var all: [LedgerChain] {
        chains.sorted { $0.key < $1.key }.map { name, chain in
            LedgerChain(
                name: name,
                start: chain.start,
                startHash: chain.startHash,
                end: chain.end,
                endHash: chain.endHash
            )
        }
    }

    func rows(of name: String, after position: Int64, limit: Int) -> [LedgerRow] {
        guard let chain = chains[name], limit > 0, position < chain.end else { return [] }
        let skipped = Int(max(0, position - chain.start))
        return Array(chain.rows.dropFirst(skipped).prefix(limit))
    }
}

/// The books of a store in memory.
struct MemoryBooks: Books {
    let store: MemoryStore

    func chains() async throws -> [LedgerChain] { store.withLedger { $0.all } }

    func rows(of chain: String, after position: Int64, limit: Int) async throws -> [LedgerRow] {
        store.withLedger { $0.rows(of: chain, after: position, limit: limit) }
    }
}
