/// Sluice with one route for everything, sold or free.
struct SluicePolicy: Configuration {
    let duty: Duty

    let fileName = "policy.yaml"

    func text(on site: Site) -> String {
        let scheme = if case .grpc = duty.upstream { "h2c" } else { "http" }
        let upstream = "\(scheme)://127.0.0.1:\(site.upstreamPort(duty.upstream))"
        return """
            version: 1
            listen: \(listener(on: site))
            \(isSold ? "lightning: { use: dev, listen: 127.0.0.1:\(site.walletPort) }" : "")
            upstreams:
              back: { url: \(upstream), max-connections: 4096\(duty.isMetered ? ", total-timeout: 60s" : "") }
            routes:
              - name: all
                match: { path: /* }
                pipeline:
                  \(steps.map { "- \($0)" }.joined(separator: "\n      "))

            """
    }

    func command(file: String, on site: Site) -> [String] {
        [site.bench.tools.sluice, "run", file, "--data", "\(site.folder)/data"]
    }

    private func listener(on site: Site) -> String {
        let certificate = site.bench.certificate
        let tls = ", tls: { certificate: \(certificate.chain), key: \(certificate.key) }"
        // All clients of the benchmark have one address, and idle ones need no files for upstream connections.
        let limits = "max-connections: \(site.connectionLimit), max-connections-per-address: \(site.connectionLimit)"
        let address = "address: 127.0.0.1:\(site.port), \(limits)"
        return "[{ \(address)\(duty.front == .tls ? tls : "") }]"
    }

    private var price: String {
        if let price = duty.price { return price }
        return duty.isMetered ? "{ use: tokens, input: 1 msat, output: 2 msat, bundle: 10M }" : "1 sat"
    }

    private var isSold: Bool { duty.isPaid || duty.price != nil }

    /// A sold route as the shipped policies have it, with a limit that the load does not reach.
    private var steps: [String] {
        guard isSold else { return ["forward: back"] }
        return [
            "auth: { use: l402, valid-for: 30d }",
            "caveats: [service, expires, path, method, address]",
            "rate-limit: { limit: 1000000/s, burst: 1000000 }",
            "price: \(price)",
            "forward: back",
        ]
    }
}
