internal import GatewayKit
internal import L402

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The tokens that were bought, by host and service, in a file that only its owner may read.
struct TokenCache {
    struct Entry: Codable, Equatable {
        /// `http://host:port`, in lower case.
        var origin: String
        /// Of the token's `services` caveat; empty when it has none.
        var service: String
        var token: String
        /// Hexadecimal.
        var preimage: String
        /// The paths that it opened, so that the next request presents it at once.
        var paths: [String]
    }

    private let path: String
    private(set) var entries: [Entry]

    /// A file that is not there is an empty cache.
    ///
    /// - Throws: `CommandFailure` when it is there and cannot be read: paid tokens are not thrown away silently.
    init(path: String) throws {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else {
            entries = []
            return
        }
        do {
            entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandFailure(.failed, "cannot read the tokens in \(path); move the file away to start anew")
        }
    }

    /// The token that opened this path the last time.
    func token(origin: String, path: String) -> L402Token? {
        entries.first { $0.origin == origin && $0.paths.contains(path) }?.l402Token
    }

    func token(origin: String, service: String) -> L402Token? {
        entries.first { $0.origin == origin && $0.service == service }?.l402Token
    }

    /// Keeps a token that was just paid for, before it is used.
    mutating func keep(_ token: L402Token, origin: String, service: String, path: String) throws {
        var paths = entries.first { $0.origin == origin && $0.service == service }?.paths ?? []
        if !paths.contains(path) { paths.append(path) }
        entries.removeAll { $0.origin == origin && $0.service == service }
        // A path opens with one token: that of another service is not tried there any more.
        for index in entries.indices where entries[index].origin == origin {
            entries[index].paths.removeAll { $0 == path }
        }
        entries.append(
            Entry(
                origin: origin,
                service: service,
                token: token.token,
                preimage: token.preimage.bytes.hex,
                paths: paths
            )
        )
        try save()
    }

    /// Writes a new file beside the old one and puts it in its place; never readable by others, not even for a moment.
    private func save() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        do {
            if !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) {
                try FileManager.default.createDirectory(
                    atPath: folder,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            }
            let content = try encoder.encode(entries)
            let temporary = "\(path).\(getpid())"
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            guard descriptor >= 0 else { throw CommandFailure(.failed, "cannot write \(temporary)") }
            defer { close(descriptor) }
            guard Terminal.write(content, to: descriptor), fsync(descriptor) == 0, rename(temporary, path) == 0 else {
                throw CommandFailure(.failed, "cannot write \(path)")
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failed, "cannot keep the token in \(path): \(error)")
        }
    }
}

extension TokenCache.Entry {
    var l402Token: L402Token? {
        Bytes32(hex: preimage).map { L402Token(token: token, preimage: Preimage($0)) }
    }
}

extension L402Token {
    /// The first service that the token was bought for; empty when it names none.
    var service: String {
        guard let macaroon else { return "" }
        for caveat in macaroon.caveats {
            let parsed = Caveat(parsing: String(decoding: caveat.identifier, as: UTF8.self))
            guard parsed.condition == "services" else { continue }
            return parsed.value.prefix { $0 != ":" && $0 != "," }.description
        }
        return ""
    }
}
