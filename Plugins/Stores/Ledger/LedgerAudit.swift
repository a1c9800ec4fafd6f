package import GatewayKit

/// Goes through the chains of a ledger and names every row that is not what was written.
package struct LedgerAudit: Sendable {
    /// What is wrong with a row.
    package struct Finding: Hashable, Sendable, Codable, CustomStringConvertible {
        package let chain: String
        package let row: Int64
        package let problem: String

        package var description: String { "row \(row) of \(chain): \(problem)" }
    }

    package private(set) var rows: Int64 = 0
    package private(set) var findings: [Finding] = []
    /// Where the chains stand now.
    package private(set) var heads: [LedgerHead] = []

    private static let batch = 1_000
    private static let rounds = 5

    /// - Parameter known: heads that were written down before.
    package static func of(_ books: any Books, knowing known: [LedgerHead] = []) async throws -> LedgerAudit {
        var audit = LedgerAudit()
        let chains = try await books.chains()
        for chain in chains {
            try await audit.check(chain, in: books, knowing: known.filter { $0.chain == chain.name })
        }
        for head in known where !chains.contains(where: { $0.name == head.chain }) {
            audit.find(head.chain, head.position, "there is no such chain any more")
        }
        return audit
    }

    /// Over again where rows were forgotten while it was read.
    private mutating func check(_ first: LedgerChain, in books: any Books, knowing known: [LedgerHead]) async throws {
        var chain = first
        for _ in 0..<Self.rounds {
            var attempt = LedgerAudit()
            try await attempt.checkOnce(chain, in: books, knowing: known)
            let now = try await books.chains().first { $0.name == chain.name }
            if !attempt.findings.isEmpty, let now, now.start != chain.start {
                chain = now
                continue
            }
            rows += attempt.rows
            findings += attempt.findings
            heads.append(LedgerHead(chain))
            return
        }
        throw StoreFailure("the ledger forgets rows faster than they can be read")
    }

    private mutating func checkOnce(_ chain: LedgerChain, in books: any Books, knowing known: [LedgerHead]) async throws
    {
        var (position, hash) = (chain.start, chain.startHash)
        for head in known where head.position <= chain.start {
            // What was forgotten cannot be compared, but for its end.
            if head.position == chain.start, head.hash != chain.startHash {
                find(chain.name, head.position, "is not the one that was written down")
            }
        }
        while position < chain.end {
            let found = try await books.rows(of: chain.name, after: position, limit: Self.batch)
                .prefix { $0.position <= chain.end }
            if found.isEmpty { break }
            for row in found {
                if row.position != position + 1 {
                    find(
                        chain.name,
                        position + 1,
                        row.position == position + 2 ? "is missing" : "and those up to \(row.position - 1) are missing"
                    )
                } else if row.hash != Self.hash(of: row, after: hash) {
                    find(chain.name, row.position, row.entry == nil ? "cannot be read" : "was changed")
                }
                for head in known where head.position == row.position && head.hash != row.hash {
                    find(chain.name, row.position, "is not the one that was written down")
                }
                (position, hash) = (row.position, row.hash)
                rows += 1
            }
        }
        if position < chain.end {
            find(chain.name, position + 1, "is missing, and so is everything behind it")
        } else if hash != chain.endHash {
            find(chain.name, chain.end, "is not the last one that was written")
        }
        for head in known where head.position > chain.end {
            find(chain.name, head.position, "was written down and is missing")
        }
    }

    /// `nil` for a row that cannot be read.
    private static func hash(of row: LedgerRow, after earlier: Bytes32) -> Bytes32? {
        row.entry.map { LedgerHash.hash(of: $0, at: row.position, in: row.chain, after: earlier) }
    }

    private mutating func find(_ chain: String, _ row: Int64, _ problem: String) {
        findings.append(Finding(chain: chain, row: row, problem: problem))
    }
}
