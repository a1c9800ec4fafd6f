internal import Foundation

/// nginx with one worker, upstream connections kept, bodies streamed in large buffers and no log: tuned as a proxy.
///
/// Its own defaults would send each request on a new connection, spool bodies to disk, and take two to three times the
/// processor time for large bodies: its buffers have 4 KiB.
struct NginxConfiguration: Configuration {
    let duty: Duty

    let fileName = "nginx.conf"

    func text(on site: Site) -> String {
        """
        \(Self.main(connections: site.connectionLimit))
        http {
            \(Self.common(folder: site.folder))
            upstream back {
                server 127.0.0.1:\(site.upstreamPort(duty.upstream));
                keepalive 1024;
                keepalive_requests 1000000000;
            }
            server {
                listen 127.0.0.1:\(site.port) backlog=4096\(listenOptions);
                \(certificate(site.bench.certificate))
                location / {
                    \(forward)
                }
            }
        }

        """
    }

    func command(file: String, on site: Site) -> [String] {
        [site.bench.tools[.nginx], "-p", site.folder, "-e", "\(site.folder)/error.log", "-c", file]
    }

    private var listenOptions: String {
        switch duty.front {
        case .http1: ""
        case .tls: " ssl http2"
        case .h2c: " http2"
        }
    }

    private func certificate(_ certificate: Certificate) -> String {
        guard duty.front == .tls else { return "" }
        return "ssl_certificate \(certificate.chain); ssl_certificate_key \(certificate.key);"
    }

    private var forward: String {
        if case .grpc = duty.upstream { return "grpc_pass grpc://back;" }
        return """
            proxy_pass http://back;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            proxy_buffer_size 16k;
            proxy_buffers 8 64k;
            proxy_busy_buffers_size 128k;
            client_body_buffer_size 128k;
            proxy_buffering \(isStreaming ? "off" : "on");
            """
    }

    private var isStreaming: Bool {
        if case .own = duty.upstream { true } else { false }
    }

    // MARK: Shared with the upstream

    static func main(connections: Int) -> String {
        // Root's worker would run as nobody, who may not read the folder.
        let user = geteuid() == 0 ? "user root;" : ""
        return """
            \(user)
            daemon off;
            worker_processes 1;
            worker_rlimit_nofile \(connections + 100);
            events { worker_connections \(connections); }
            """
    }

    static func common(folder: String) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder)/\($0);" }
        return """
            access_log off;
            keepalive_requests 1000000000;
            keepalive_timeout 300s;
            client_max_body_size 0;
            \(temporary.joined(separator: " "))
            """
    }
}
