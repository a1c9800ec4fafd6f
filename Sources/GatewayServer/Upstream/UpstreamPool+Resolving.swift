internal import GatewayKit
internal import NIOCore

extension UpstreamPool {
    /// Looks up the names of an upstream whose last answers are too old.
    func resolve(_ pooled: PooledUpstream, at now: NIODeadline) {
        for index in pooled.takeDueNames(at: now) {
            let upstream = pooled.upstream
            let interval = upstream.pooling.resolveInterval
            let addresses = names.addresses(of: upstream.endpoints[index], every: interval, at: now, on: eventLoop)
            addresses.assumeIsolated().whenComplete { result in
                pooled.resolved(index, to: try? result.get(), at: self.eventLoop.now)
                self.serveResolved(pooled)
            }
        }
    }

    /// Who waits gets what is there now.
    private func serveResolved(_ pooled: PooledUpstream) {
        serveNext(of: pooled)
        guard !pooled.endpoints.isEmpty || pooled.isResolving else {
            while let ticket = pooled.waiting.popFirst() {
                ticket.end(with: .failure(.unreachable))
            }
            return
        }
        let now = eventLoop.now
        while pooled.expected < pooled.waiting.count, let endpoint = pooled.choose(at: now, where: { $0.mayConnect }) {
            establish(endpoint)
        }
    }
}
