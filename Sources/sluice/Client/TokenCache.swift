package import L402
internal import MPP

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The tokens that were bought or are being bought, by host and service, and the offers for one answer that are being
/// bought, in a file that only its owner may read.
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
        try entries().first { $0.origin == origin && $0.paid != nil && $0.paths.contains(path) }?.paid
    }

    package func token(origin: String, service: String) throws -> L402Token? {
        try entries().first { $0.origin == origin && $0.paid != nil && $0.service == service }?.paid
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
                entry.origin == origin && entry.service == service && entry.paid != nil
            }
            var paths = entries.first(where: isReplaced)?.paths ?? []
            if !paths.contains(path) { paths.append(path) }
            entries.removeAll { isReplaced($0) || $0.origin == origin && $0.token == token.token }
            // A path opens with one token: that of another service is not tried there any more.
            for index in entries.indices where entries[index].origin == origin && entries[index].paid != nil {
                entries[index].paths.removeAll { $0 == path }
            }
            entries.append(TokenEntry(token, origin: origin, service: service, paths: paths))
        }
    }

    /// Forgets a token that was not paid and never will be.
    package func drop(_ pending: PendingToken) throws {
        try change { entries in entries.removeAll { $0.pending == pending } }
    }

    // MARK: Offers for one answer

    /// What a run bought, or was about to, that has ended before it got the answer: from now on this process's.
    package func takeUp(origin: String, request: String) throws -> PendingCharge? {
        let isLeft = { (entry: TokenEntry) in
            entry.origin == origin && entry.request == request && !Self.isRunning(entry.owner)
        }
        guard try entries().contains(where: isLeft) else { return nil }
        return try change { entries in
            guard let index = entries.firstIndex(where: isLeft) else { return nil }
            entries[index].owner = getpid()
            return entries[index].charge
        }
    }

    /// Keeps an offer that is about to be paid for. Others may ask for the same: each pays for its own answer.
    ///
    /// - Throws: `CommandFailure` when the file cannot be written: then nothing must be paid.
    package func reserve(_ charge: PendingCharge) throws {
        try change("; nothing was paid") { entries in
            entries.append(try TokenEntry(charge, owner: getpid()))
        }
    }

    /// Keeps the preimage of one that is paid for, before it is presented.
    ///
    /// - Parameter owner: whose it is; `nil`: this process's.
    package func keep(_ charge: PendingCharge, owner: Int32? = nil) throws {
        try change { entries in
            let entry = try TokenEntry(charge, owner: owner ?? getpid())
            guard let index = entries.firstIndex(where: { $0.isCharge && $0.token == entry.token }) else {
                return entries.append(entry)
            }
            entries[index] = entry
        }
    }

    /// Forgets one whose answer has come, or that was not paid and never will be.
    package func drop(_ charge: PendingCharge) throws {
        try change { entries in entries.removeAll { $0.isCharge && $0.token == charge.challenge.id } }
    }

    /// True for another process that may still get its answer itself. One that took over the number of a dead one keeps
    /// what that left waiting until it ends.
    private static func isRunning(_ process: Int32?) -> Bool {
        guard let process, process > 0, process != getpid() else { return false }
        return kill(process, 0) == 0 || errno == EPERM
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
