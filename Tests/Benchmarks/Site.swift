/// Where a program under test runs, for its configuration.
struct Site {
    let port: Int
    /// Of the development node, where the duty is paid.
    let walletPort: Int
    /// For what the program writes.
    let folder: String
    let bench: Workbench

    /// How many connections a program is told that it may have: more than the clients', as far as it may open files.
    var connectionLimit: Int { min(16_384, bench.openFiles - 500) }

    func upstreamPort(_ upstream: Duty.Upstream) -> Int {
        switch upstream {
        case .http: bench.upstreams.http
        case .grpc: bench.upstreams.grpc
        case .own(let port): port
        }
    }
}
