/// nginx as the service that answers HTTP/1.1.
struct NginxUpstreamConfiguration {
    let port: Int
    let workspace: Workspace

    var text: String {
        let answer = String(repeating: "x", count: Workbench.answerSize.bytes)
        let folder = workspace.file("upstream")
        // An upload is read whole before it is answered: an early answer would end the connection.
        return """
            \(NginxConfiguration.main(connections: 16_384))
            pid \(folder)/nginx.pid;
            http {
                \(NginxConfiguration.common(folder: folder))
                default_type application/octet-stream;
                sendfile on;
                client_body_buffer_size 1m;
                upstream itself {
                    server unix:\(folder)/socket;
                    keepalive 64;
                    keepalive_requests 1000000000;
                }
                server {
                    listen unix:\(folder)/socket;
                    location / { return 200 "\(answer)"; }
                }
                server {
                    listen 127.0.0.1:\(port) backlog=4096;
                    location = / { return 200 "\(answer)"; }
                    location / { root \(workspace.file("files")); }
                    location /upload {
                        proxy_pass http://itself;
                        proxy_http_version 1.1;
                        proxy_pass_request_body off;
                        proxy_set_header Content-Length "";
                        proxy_set_header Connection "";
                    }
                }
            }

            """
    }
}
