/// The services that the programs forward to, on the core of the load.
///
/// nginx answers HTTP/1.1; nghttpd answers gRPC, because it waits for the whole call before it answers and sends real
/// trailers, at half of what nginx takes for the same.
struct Upstreams {
    /// `/` answers 128 bytes, `/64k` and `/1m` as many, `/upload` after the whole body has come.
    let http: Int
    /// `grpcPath` answers one message of 64 bytes and `grpc-status: 0`.
    let grpc: Int

    static let grpcPath = "/bench.Echo/Unary.call"
    /// A call's and an answer's frame: not compressed, length, message.
    static let grpcFrame = [UInt8](repeating: 0, count: 4) + [64] + [UInt8](repeating: UInt8(ascii: "x"), count: 64)

    init(in workspace: Workspace, tools: Tools) throws {
        for (name, size) in [("64k", ByteCount.kibibytes(64)), ("1m", .kibibytes(1_024))] {
            try workspace.write(repeatElement(UInt8(ascii: "x"), count: size.bytes), to: "files/\(name)")
        }
        try workspace.write(Self.grpcFrame, to: "files\(Self.grpcPath)")
        try workspace.write(Self.grpcFrame, to: "call")

        http = try FreePort.next()
        let configuration = NginxUpstreamConfiguration(port: http, workspace: workspace)
        let file = try workspace.write(configuration.text.utf8, to: "upstream/nginx.conf")
        let folder = workspace.file("upstream")
        let nginx = try ChildProcess(
            [tools[.nginx], "-p", folder, "-e", "\(folder)/error.log", "-c", file],
            named: "upstream-nginx",
            on: .everythingElse,
            workspace: workspace,
            tools: tools
        )
        try nginx.waitForPort(http, within: .seconds(10))

        grpc = try FreePort.next()
        let types = try workspace.write("application/grpc call\n".utf8, to: "mime.types")
        let nghttpd = try ChildProcess(
            [
                tools[.nghttpd], "--no-tls", "-a", "127.0.0.1", "-d", workspace.file("files"), "--trailer",
                "grpc-status: 0", "--mime-types-file", types, "\(grpc)",
            ],
            named: "upstream-nghttpd",
            on: .everythingElse,
            workspace: workspace,
            tools: tools
        )
        try nghttpd.waitForPort(grpc, within: .seconds(10))
    }
}
