/// HAProxy with one thread, which shares upstream connections as the others do.
struct HAProxyConfiguration: Configuration {
    let duty: Duty

    let fileName = "haproxy.cfg"

    func text(on site: Site) -> String {
        let upstreamIsHTTP2 = if case .grpc = duty.upstream { true } else { false }
        // It would insist on twice as many files as clients, though idle ones have none upstream.
        return """
            global
                nbthread 1
                no strict-limits
                maxconn \(site.connectionLimit)
            defaults
                mode http
                http-reuse always
                timeout connect 5s
                timeout client 300s
                timeout server 300s
                timeout http-keep-alive 300s
            frontend front
                bind 127.0.0.1:\(site.port) backlog 4096\(bindOptions(site.bench.certificate))
                default_backend back
            backend back
                server back 127.0.0.1:\(site.upstreamPort(duty.upstream))\(upstreamIsHTTP2 ? " proto h2" : "")

            """
    }

    func command(file: String, on site: Site) -> [String] {
        [site.bench.tools[.haproxy], "-db", "-f", file]
    }

    private func bindOptions(_ certificate: Certificate) -> String {
        switch duty.front {
        case .http1: ""
        case .tls: " ssl crt \(certificate.bundle) alpn h2,http/1.1"
        case .h2c: " proto h2"
        }
    }
}
