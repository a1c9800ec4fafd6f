package import GatewayKit
internal import Logging

extension NWCBackend {
    /// As NIP-47 advises: longer answers may not pass a relay.
    private static let pageLength = 20
    private static let mostPages = 5_000
    private static let mostRepeats = 3
    private static let looksBetweenWholeOnes = 30

    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        received.stream(since: cursor)
    }

    package func settlementsEnd() async throws -> SettlementCursor { received.end() }

    /// Looks for payments that nobody told of, until its task is cancelled.
    func followSettlements() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [received] in
                var looks = 0
                while (try? await Task.sleep(for: received.interval)) != nil {
                    looks += 1
                    // An invoice that was paid late stands far behind in the list.
                    if looks % Self.looksBetweenWholeOnes == 0 { received.lookBack() } else { received.look() }
                }
            }
            group.addTask { [received] in
                for await _ in received.changes {
                    await received.remember()
                }
            }
            for await _ in received.looks {
                await look()
            }
            group.cancelAll()
        }
    }

    private func look() async {
        guard wallet.profile?.permits(.listTransactions) ?? true, let look = received.begin() else { return }
        do {
            await received.add(try await news(in: look))
            received.complete(look)
        } catch {
            received.fail(look)
            logger.debug("the wallet's payments cannot be listed: \(error)")
        }
    }

    /// Oldest first. Wallets list the newest first, some by when an invoice was made and some by when it was paid: what was
    /// paid since `floor` was made at most the longest expiry before it.
    private func news(in look: NWCSettlements.Look) async throws -> [NWCTransaction] {
        let from = look.floor.advanced(by: Duration.zero - Self.longestExpiry)
        var found = [NWCTransaction]()
        var previous = Page(count: 0, transactions: [])
        var offset = 0
        var repeats = 0
        for _ in 0..<Self.mostPages {
            let page = try await page(from: from, offset: offset)
            // A wallet that does not know of offsets answers the same over and over.
            repeats = page == previous ? repeats + 1 : 0
            guard page.count > 0, repeats < Self.mostRepeats else { break }
            previous = page
            offset += page.count
            let known = found.count
            for transaction in page.transactions {
                if await received.isNews(transaction, in: look) { found.append(transaction) }
            }
            if !look.isWhole, found.count == known { break }
            // Nor need it know of a beginning.
            if !page.transactions.isEmpty, page.transactions.allSatisfy({ $0.isOlder(than: from) }) { break }
        }
        let oldestFirst = Array(found.reversed())
        // Stable: what was paid in one second stays as the wallet had it.
        return oldestFirst.enumerated().sorted {
            ($0.element.settledAt?.seconds ?? 0, $0.offset) < ($1.element.settledAt?.seconds ?? 0, $1.offset)
        }.map(\.element)
    }

    private struct Page: Equatable {
        /// With those that are left out.
        let count: Int
        /// Those that can be read: a wallet may list what is no payment of an invoice.
        let transactions: [NWCTransaction]
    }

    private func page(from: WallTime, offset: Int) async throws -> Page {
        let result = try await ask(
            .listTransactions,
            [
                .init("from", .number(Double(max(0, from.seconds)))), .init("limit", .number(Double(Self.pageLength))),
                .init("offset", .number(Double(offset))), .init("unpaid", .bool(false)),
                .init("type", .string("incoming")),
            ]
        )
        guard case .array(let transactions) = result["transactions"] else {
            throw LightningFailure(.malformed, "the wallet answered without a list of transactions")
        }
        return Page(count: transactions.count, transactions: transactions.compactMap { try? NWCTransaction($0) })
    }
}
