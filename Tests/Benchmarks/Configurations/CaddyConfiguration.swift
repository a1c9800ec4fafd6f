/// Caddy; Go runs as many threads as the process has cores.
struct CaddyConfiguration: Configuration {
    let duty: Duty

    let fileName = "Caddyfile"

    func text(on site: Site) -> String {
        let certificate = site.bench.certificate
        let tls = duty.front == .tls ? "tls \(certificate.chain) \(certificate.key)" : ""
        let scheme = duty.front == .tls ? "https" : "http"
        let upstream = if case .grpc = duty.upstream { "h2c" } else { "http" }
        // Its pool would keep 32 idle connections a host.
        return """
            {
                admin off
                auto_https off
                skip_install_trust
                servers {
                    protocols h1 h2 h2c
                }
            }
            \(scheme)://127.0.0.1:\(site.port) {
                bind 127.0.0.1
                \(tls)
                reverse_proxy \(upstream)://127.0.0.1:\(site.upstreamPort(duty.upstream)) {
                    transport http {
                        keepalive_idle_conns_per_host 1024
                        \(upstream == "h2c" ? "versions h2c" : "")
                    }
                }
            }

            """
    }

    func command(file: String, on site: Site) -> [String] {
        [site.bench.tools[.caddy], "run", "--config", file, "--adapter", "caddyfile"]
    }

    func environment(on site: Site) -> [String: String] {
        ["HOME": site.folder, "XDG_DATA_HOME": site.folder, "XDG_CONFIG_HOME": site.folder]
    }
}
