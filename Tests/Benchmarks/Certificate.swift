/// A self-signed certificate on P-256, the kind that public authorities issue most.
struct Certificate {
    let chain: String
    let key: String
    /// Both in one file, as HAProxy wants them.
    let bundle: String

    init(in workspace: Workspace, tools: Tools) throws {
        chain = workspace.file("certificate.pem")
        key = workspace.file("key.pem")
        let making = try ChildProcess(
            [
                tools[.openssl], "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", key, "-out", chain,
            ],
            named: "openssl",
            on: .everythingElse,
            workspace: workspace,
            tools: tools
        )
        _ = try making.output(within: .seconds(20))
        bundle = workspace.file("bundle.pem")
        let bytes = try [chain, key].flatMap { try Array(FileContent.bytes(of: $0)) }
        try workspace.write(bytes, to: "bundle.pem")
    }
}
