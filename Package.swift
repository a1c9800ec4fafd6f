// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grpcCore: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf: Target.Dependency = .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let grpcTransport: Target.Dependency = .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioConcurrency: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let swiftASN1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let swiftProtobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// A module of the gateway itself.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A plugin: sees GatewayKit and what it names, never another plugin.
func plugin(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(
        name: name,
        dependencies: ["GatewayKit"] + dependencies,
        path: "Plugins/\(name)",
        exclude: exclude,
        swiftSettings: settings
    )
}

func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: ["GatewayKit", "GatewayTesting"] + dependencies,
        exclude: ["GatewayPolicy": ["Golden"], "EndToEnd": ["Import/Golden", "Policies/Golden"]][name] ?? [],
        swiftSettings: settings
    )
}

/// Plugins that need no package of their own: a folder of Plugins/ and one of Tests/ each. `sluice plugin new` adds a line.
let smallPlugins = [
    "Origin",
    "SpendLimit",
    "TimeOfDay",
]

/// What `sluice plugin new` writes, as its tests expect it: compiled and tested like any other plugin.
let writtenPlugins = [
    "Badge",
    "Tariff",
    "Tenant",
]

let package = Package(
    name: "sluice",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(name: "GatewayKit", targets: ["GatewayKit"]),
        .library(name: "GatewayTesting", targets: ["GatewayTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        module("GatewayKit", [httpTypes, logging, nioConcurrency, nioCore]),
        module("GatewayPolicy", ["GatewayKit", httpTypes, nioConcurrency, nioCore, yams]),
        module(
            "GatewayServer",
            [
                "GatewayKit", crypto, httpTypes, logging, nioConcurrency, nioCore, nioPosix, nioSSL, nioTLS, swiftASN1,
                x509,
            ]
        ),
        // What plugins share that ask gRPC services.
        .target(
            name: "GatewayRPC",
            dependencies: [
                "GatewayKit", grpcCore, grpcProtobuf, grpcTransport, logging, nioConcurrency, nioCore, nioPosix, nioSSL,
                swiftProtobuf,
            ],
            exclude: ["Health/health.proto"],
            swiftSettings: settings
        ),
        // The price server of `sluice pricer`, and the test of anybody's.
        module(
            "GatewayPricing",
            [
                "GRPCPricer", "GatewayKit", "GatewayRPC", "Standard", "Stores", grdb, grpcCore, logging, nioCore,
                swiftProtobuf,
            ]
        ),
        module("GatewayTesting", ["GatewayKit", crypto, httpTypes, logging, nioConcurrency, nioCore, nioEmbedded]),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "ExtAuthz", "Free", "GRPCPricer", "GRPCVerifier", "GatewayKit", "GatewayPolicy", "GatewayPricing",
                "GatewayRPC", "GatewayServer", "L402", "Lightning", "MPP", "Rates", "Standard", "Stores",
                argumentParser, asyncHTTPClient, grpcCore, grpcTransport, httpTypes, logging, nioConcurrency, nioCore,
                nioHTTP1, nioPosix, serviceLifecycle, swiftProtobuf, unixSignals,
            ] + smallPlugins.map { .byName(name: $0) },
            resources: [.embedInCode("Embedded")],
            swiftSettings: settings
        ),

        plugin(
            "ExtAuthz",
            ["GatewayRPC", grpcCore, grpcProtobuf, httpTypes, logging, nioCore, swiftProtobuf],
            exclude: ["Service/envoy", "Service/google"]
        ),
        plugin("Free", [crypto, httpTypes, logging, nioConcurrency, nioCore]),
        plugin(
            "GRPCPricer",
            [
                "GatewayRPC", crypto, grpcCore, grpcProtobuf, httpTypes, logging, nioConcurrency, nioCore,
                swiftProtobuf,
            ],
            exclude: ["Service/prices.proto"]
        ),
        plugin(
            "GRPCVerifier",
            ["GatewayRPC", grpcCore, grpcProtobuf, httpTypes, logging, nioConcurrency, nioCore, swiftProtobuf],
            exclude: ["Service/caveats.proto"]
        ),
        plugin("L402", [crypto, httpTypes, nioConcurrency, nioCore]),
        plugin(
            "Lightning",
            [
                "CSecp256k1", "GatewayRPC", asyncHTTPClient, crypto, cryptoExtras, grpcCore, grpcProtobuf, httpTypes,
                logging, nioConcurrency, nioCore, nioHTTP1, nioPosix, nioSSL, nioWebSocket, swiftProtobuf,
            ],
            exclude: [
                "Lnd/Rights/macaroon.proto", "Lnd/Service/invoices.proto", "Lnd/Service/lightning.proto",
                "Lnd/Service/lines.proto", "Lnd/Service/router.proto",
            ]
        ),
        plugin("MPP", [crypto, httpTypes, logging, nioConcurrency, nioCore]),
        plugin("Rates", [asyncHTTPClient, logging, nioConcurrency, nioCore, nioHTTP1]),
        plugin("Standard", [httpTypes, logging, nioConcurrency, nioCore]),
        plugin("Stores", ["CPostgres", crypto, grdb, logging, nioConcurrency, nioCore, nioPosix]),
        .systemLibrary(
            name: "CPostgres",
            path: "Plugins/CPostgres",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]
        ),
        .systemLibrary(
            name: "CSecp256k1",
            path: "Plugins/CSecp256k1",
            pkgConfig: "libsecp256k1",
            providers: [.apt(["libsecp256k1-dev"])]
        ),

        tests(of: "GatewayKit", [httpTypes, logging, nioConcurrency, nioCore, nioEmbedded]),
        tests(of: "GatewayPolicy", ["GatewayPolicy", httpTypes, nioCore]),
        tests(
            of: "GatewayServer",
            [
                "GatewayServer", crypto, httpTypes, logging, nioConcurrency, nioCore, nioEmbedded, nioPosix, nioSSL,
                nioTLS, swiftASN1, x509,
            ]
        ),
        tests(
            of: "GatewayRPC",
            [
                "GatewayRPC", crypto, grpcCore, grpcProtobuf, grpcTransport, logging, nioConcurrency, nioCore, nioPosix,
                swiftASN1, swiftProtobuf, x509,
            ]
        ),
        tests(
            of: "GatewayPricing",
            [
                "GRPCPricer", "GatewayPricing", "GatewayRPC", "PostgresTesting", "Standard", "Stores", grpcCore,
                logging, nioConcurrency, nioCore,
            ]
        ),
        tests(
            of: "ExtAuthz",
            ["ExtAuthz", "RPCTesting", grpcCore, httpTypes, nioCore, nioEmbedded, swiftProtobuf]
        ),
        tests(of: "Free", ["Free", crypto]),
        tests(
            of: "GRPCVerifier",
            [
                "GRPCVerifier", "RPCTesting", grpcCore, httpTypes, nioCore, nioEmbedded, swiftProtobuf,
            ]
        ),
        tests(
            of: "GRPCPricer",
            [
                "GRPCPricer", "GatewayRPC", grpcCore, httpTypes, logging, nioConcurrency, nioCore, nioPosix,
            ]
        ),
        tests(of: "L402", ["L402", crypto, httpTypes, nioConcurrency, nioCore, nioEmbedded]),
        tests(
            of: "Lightning",
            [
                "GatewayRPC", "Lightning", "LightningTesting", asyncHTTPClient, crypto, grpcCore, httpTypes,
                nioConcurrency, nioCore, nioHTTP1, nioPosix, nioSSL, nioWebSocket, swiftProtobuf,
            ]
        ),
        // Nodes that answer as tests say.
        .target(
            name: "LightningTesting",
            dependencies: [
                "GatewayKit", "GatewayRPC", "Lightning", crypto, grpcCore, grpcProtobuf, grpcTransport, nioConcurrency,
                nioCore, nioHTTP1, nioPosix, swiftProtobuf,
            ],
            path: "Tests/LightningTesting",
            swiftSettings: settings
        ),
        // Answers the questions of the scheme's conformance suite.
        .executableTarget(
            name: "ConformanceAdapter",
            dependencies: ["GatewayKit", "MPP", asyncHTTPClient, nioCore, nioHTTP1],
            path: "Tests/ConformanceAdapter",
            swiftSettings: settings
        ),
        tests(
            of: "MPP",
            ["ConformanceAdapter", "MPP", "Stores", crypto, httpTypes, logging, nioConcurrency, nioCore, nioEmbedded]
        ),
        // The code of "Writing a plugin".
        tests(of: "Guide", [crypto, httpTypes, nioConcurrency, nioCore]),
        tests(of: "Rates", ["Rates", nioConcurrency, nioCore]),
        tests(of: "Standard", ["Standard", "Stores", httpTypes, logging, nioConcurrency, nioCore, nioEmbedded]),
        tests(of: "Stores", ["PostgresTesting", "Stores", "StoreCrashChild", grdb, logging, nioConcurrency, nioCore]),
        // Killed by StoresTests in the middle of its work.
        .executableTarget(
            name: "StoreCrashChild",
            dependencies: ["GatewayKit", "Stores", logging],
            path: "Tests/StoreCrashChild",
            swiftSettings: settings
        ),
        tests(
            of: "EndToEnd",
            [
                "sluice", "ConformanceAdapter", "ExtAuthz", "Free", "GRPCPricer", "GatewayPolicy", "GatewayPricing",
                "GatewayRPC", "GatewayServer", "L402", "Lightning", "LightningTesting", "MPP", "PostgresTesting",
                "Rates", "Standard", "Stores", asyncHTTPClient, crypto, grpcCore, grpcTransport, httpTypes, logging,
                nioConcurrency, nioCore, nioHTTP1, nioPosix, swiftProtobuf,
            ]
        ),
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        // Services of gRPC that answer as tests say.
        .target(
            name: "RPCTesting",
            dependencies: [grpcCore, grpcTransport, nioConcurrency],
            path: "Tests/RPCTesting",
            swiftSettings: settings
        ),
        // Debian's PostgreSQL, started and ended by tests.
        .target(
            name: "PostgresTesting",
            dependencies: [nioConcurrency, nioCore, nioPosix],
            path: "Tests/PostgresTesting",
            swiftSettings: settings
        ),
        tests(
            of: "Allocation",
            [
                "CAllocationCount", "GatewayServer", "L402", "Standard", crypto, httpTypes, logging, nioConcurrency,
                nioCore, nioEmbedded, nioPosix,
            ]
        ),
    ]
)

let common: [Target.Dependency] = [httpTypes, logging, nioConcurrency, nioCore]
for name in smallPlugins {
    package.targets += [plugin(name, common), tests(of: name, [.byName(name: name), nioEmbedded] + common)]
}
for name in writtenPlugins {
    let written = [plugin(name, common), tests(of: name, [.byName(name: name), nioEmbedded] + common)]
    written[0].path = "Tests/WrittenPlugins/Plugins/\(name)"
    written[1].path = "Tests/WrittenPlugins/Tests/\(name)Tests"
    package.targets += written
}

// Linux only: it pins programs to cores and reads /proc.
#if os(Linux)
    package.targets.append(
        .executableTarget(
            name: "bench",
            dependencies: [
                "sluice", "GRPCPricer", "GatewayKit", "GatewayPolicy", "GatewayTesting", "L402", "Lightning",
                "LightningTesting", "Standard", "Stores", argumentParser, grpcCore, grpcTransport, httpTypes,
                nioConcurrency, nioCore,
            ],
            path: "Tests/Benchmarks",
            swiftSettings: settings
        )
    )
#endif

// `SLUICE_SANITIZED=1`: only the modules whose state threads share, and their tests, for a build with a sanitizer that takes
// half of the time.
if Context.environment["SLUICE_SANITIZED"] != nil {
    let shared = ["GatewayKit", "GatewayServer", "L402", "Lightning", "MPP", "Standard", "Stores"]
    let kept =
        shared + shared.map { "\($0)Tests" } + [
            "GatewayTesting", "CPostgres", "CSecp256k1", "ConformanceAdapter", "GatewayRPC", "LightningTesting",
            "PostgresTesting", "StoreCrashChild",
        ]
    package.targets.removeAll { !kept.contains($0.name) }
    package.products = []
}
