extension LoadScenario {
    static let http1 = LoadScenario(title: "HTTP/1.1, 64 connections, answers of 128 bytes", load: WrkLoad())

    static let paid = LoadScenario(
        title: "HTTP/1.1, 64 connections: nginx free, Sluice with a paid L402 token",
        load: WrkLoad(),
        paidDuty: Duty(isPaid: true),
        programs: [.nginx, .sluice],
        goal: Goal(metric: .cpuPerRequest, ratio: 1.3)
    )

    static let tls = LoadScenario(
        title: "HTTP/1.1 over TLS, 64 connections, answers of 128 bytes",
        load: WrkLoad(),
        duty: Duty(front: .tls)
    )

    static let http2 = LoadScenario(
        title: "HTTP/2 over TLS to HTTP/1.1, 16 connections of 4 streams, answers of 128 bytes",
        load: H2Load(answerSize: Workbench.answerSize),
        duty: Duty(front: .tls),
        goal: Goal(metric: .cpuPerRequest, ratio: 1.4)
    )

    static let grpc = LoadScenario(
        title: "gRPC unary over h2c on both sides, 16 connections of 4 streams, messages of 64 bytes",
        load: H2Load(
            path: Upstreams.grpcPath,
            fields: ["content-type: application/grpc", "te: trailers"],
            bodyFile: "call",
            answerSize: ByteCount(Upstreams.grpcFrame.count)
        ),
        duty: Duty(front: .h2c, upstream: .grpc),
        goal: Goal(metric: .cpuPerRequest, ratio: 1)
    )

    static let bodies = [
        body("64 KiB to the client", WrkLoad(path: "/64k", connections: 16)),
        body("1 MiB to the client", WrkLoad(path: "/1m", connections: 16)),
        body("64 KiB to the upstream", WrkLoad(path: "/upload", connections: 16, bodySize: .kibibytes(64))),
        body("1 MiB to the upstream", WrkLoad(path: "/upload", connections: 16, bodySize: .kibibytes(1_024))),
    ]

    private static func body(_ what: String, _ load: WrkLoad) -> LoadScenario {
        LoadScenario(
            title: "HTTP/1.1, 16 connections, bodies of \(what)",
            load: load,
            goal: Goal(metric: .cpuPerRequest, ratio: 1.2)
        )
    }
}
