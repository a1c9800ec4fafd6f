internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Where the names of upstreams are, for all event loops: the resolver is asked once however many want to know.
final class UpstreamNames: Sendable {
    /// The resolver has never had an answer.
    struct Unknown: Error {}

    private struct Name: Hashable {
        let host: String
        let port: Int
    }

    private struct Entry {
        /// What the resolver said last; empty before it has.
        var addresses: [SocketAddress] = []
        var askedAt: NIODeadline
        /// Who waits for the answer to the question that is open.
        var waiting: [EventLoopPromise<[SocketAddress]>] = []
        var isAsking = true
        var isFailing = false
    }

    private let resolver: any NameResolver
    private let logger: Logger
    /// As many as policies have named so far.
    private let entries = NIOLockedValueBox<[Name: Entry]>([:])

    init(_ resolver: any NameResolver, logger: Logger) {
        self.resolver = resolver
        self.logger = logger
    }

    /// What the resolver says, or has said within half the interval: event loops that ask every `interval`, each in its
    /// own time, cost one question together, and none gets an answer that is older than one interval and a half.
    ///
    /// - Returns: on `eventLoop`; the last addresses where the resolver fails, and `Unknown` where there are none.
    func addresses(
        of endpoint: Upstream.Endpoint,
        every interval: Duration,
        at now: NIODeadline,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[SocketAddress]> {
        let name = Name(host: endpoint.host, port: endpoint.port)
        let promise = eventLoop.makePromise(of: [SocketAddress].self)
        let (known, asks) = entries.withLockedValue { entries -> ([SocketAddress]?, Bool) in
            var entry = entries[name] ?? Entry(askedAt: .distantPast, isAsking: false)
            if !entry.isAsking, !entry.addresses.isEmpty, now - entry.askedAt < TimeAmount(interval / 2) {
                return (entry.addresses, false)
            }
            let asks = !entry.isAsking
            if asks {
                entry.isAsking = true
                entry.askedAt = now
            }
            entry.waiting.append(promise)
            entries[name] = entry
            return (nil, asks)
        }
        if let known { promise.succeed(known) }
        if asks { ask(name) }
        return promise.futureResult
    }

    private func ask(_ name: Name) {
        Task {
            do {
                let addresses = try await resolver.addresses(of: name.host, port: name.port)
                guard !addresses.isEmpty else { throw Unknown() }
                answered(name, addresses)
            } catch {
                failed(name, error)
            }
        }
    }

    private func answered(_ name: Name, _ addresses: [SocketAddress]) {
        let (before, wasFailing, waiting) = entries.withLockedValue { entries in
            var entry = entries[name] ?? Entry(askedAt: .distantPast)
            defer { entries[name] = entry }
            defer { entry = Entry(addresses: addresses, askedAt: entry.askedAt, isAsking: false) }
            return (entry.addresses, entry.isFailing, entry.waiting)
        }
        if wasFailing {
            logger.notice("an upstream's name can be looked up again", metadata: metadata(name))
        }
        if !before.isEmpty, Set(before) != Set(addresses) {
            logger.notice("an upstream's name has other addresses", metadata: metadata(name))
        }
        for promise in waiting { promise.succeed(addresses) }
    }

    private func failed(_ name: Name, _ error: any Error) {
        let (last, wasFailing, waiting) = entries.withLockedValue { entries in
            var entry = entries[name] ?? Entry(askedAt: .distantPast)
            defer { entries[name] = entry }
            defer { (entry.isAsking, entry.isFailing, entry.waiting) = (false, true, []) }
            return (entry.addresses, entry.isFailing, entry.waiting)
        }
        if !wasFailing {
            logger.warning(
                last.isEmpty
                    ? "an upstream's name cannot be looked up"
                    : "an upstream's name cannot be looked up; its last addresses stay in use",
                metadata: metadata(name).merging(["error": "\(error)"]) { first, _ in first }
            )
        }
        for promise in waiting {
            if last.isEmpty { promise.fail(error) } else { promise.succeed(last) }
        }
    }

    private func metadata(_ name: Name) -> Logger.Metadata {
        ["name": .string(name.host), "port": "\(name.port)"]
    }
}
