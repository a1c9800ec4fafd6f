package import L402

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The tokens that were bought or are being bought, by host and service, in a file that only its owner may read.
///
/// Nothing is kept in memory: other processes change the file too.
package struct TokenCache: Sendable {
    /// What `reserve` found.
    package enum Reservation: Equatable {
        /// The invoice may be paid now.
        case reserved
        /// Another process has bought a token in the meantime.
        case paid(L402Token)
        /// Another process is buying one, or did not hear what became of it.
        case pending(PendingToken)
    }

    package let path: String
    private let file: LockedFile

    /// A file that is not there is an empty cache.
    ///
    /// - Throws: `CommandFailure` when it is there and cannot be read: paid tokens are not thrown away silently.
    package init(path: String) throws {
        self.path = path
        file = LockedFile(path: path)
        _ = try entries()
    }

    // MARK: Reading

    /// The paid token that opened this path the last time.
    package func token(origin: String, path: String) throws -> L402Token? {
        try entries().first { $0.origin == origin && $0.preimage != nil && $0.paths.contains(path) }?.paid
    }

    package func token(origin: String, service: String) throws -> L402Token? {
        try entries().first { $0.origin == origin && $0.preimage != nil && $0.service == service }?.paid
    }

    package func pending(origin: String, service: String, path: String) throws -> PendingToken? {
        try entries().lazy.compactMap(\.pending)
            .first { $0.origin == origin && $0.service == service && $0.path == path }
    }

    // MARK: Changing

    /// Keeps a token that is about to be paid for, unless there is one already.
    ///
    /// - Parameter refused: tokens that the server did not take, so that another one may be bought.
    /// - Throws: `CommandFailure` when the file cannot be written: then nothing must be paid.
    package func reserve(_ pending: PendingToken, refused: [L402Token] = []) throws -> Reservation {
        try change("; nothing was paid") { entries in
            for entry in entries where entry.origin == pending.origin && entry.service == pending.service {
                if let paid = entry.paid, !refused.contains(paid) { return .paid(paid) }
                if let other = entry.pending, other.path == pending.path { return .pending(other) }
            }
            entries.append(TokenEntry(pending))
            return .reserved
        }
    }

    /// Keeps a token that was paid for, before it is used; it is not pending any more.
    package func keep(_ token: L402Token, origin: String, service: String, path: String) throws {
        try change { entries in
            let isReplaced = { (entry: TokenEntry) in
                entry.origin == origin && entry.service == service && entry.preimage != nil
            }
            var paths = entries.first(where: isReplaced)?.paths ?? []
            if !paths.contains(path) { paths.append(path) }
            entries.removeAll { isReplaced($0) || $0.origin == origin && $0.token == token.token }
            // A path opens with one token: that of another service is not tried there any more.
            for index in entries.indices where entries[index].origin == origin && entries[index].preimage != nil {
                entries[index].paths.removeAll { $0 == path }
            }
            entries.append(TokenEntry(token, origin: origin, service: service, paths: paths))
        }
    }

    /// Forgets a token that was not paid and never will be.
    package func drop(_ pending: PendingToken) throws {
        try change { entries in entries.removeAll { $0.pending == pending } }
    }

    // MARK: The file

    private func entries() throws -> [TokenEntry] {
        do {
            guard let content = try file.content() else { return [] }
            return try JSONDecoder().decode([TokenEntry].self, from: Data(content))
        } catch {
            throw CommandFailure(.failed, "cannot read the tokens in \(path); move the file away to start anew")
        }
    }

    /// Reads, changes and writes, one process after the other.
    private func change<Result>(
        _ consequence: String = "",
        _ body: (inout [TokenEntry]) throws -> Result
    ) throws -> Result {
        do {
            return try file.locked {
                var entries = try entries()
                let before = entries
                let result = try body(&entries)
                if entries != before {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    try file.replace(encoder.encode(entries))
                }
                return result
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failed, "cannot keep tokens in \(path)\(consequence): \(error)")
        }
    }
}
