import AsyncHTTPClient
import Foundation
import GatewayKit
import Lightning
import NIOCore
import NIOHTTP1
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// LNbits itself, with its FakeWallet, in a process on a free loopback port. `SLUICE_LNBITS_PYTHON` is the path of a Python
/// that has lnbits 1.6.2.
struct LNbitsServer {
    private static let environment = ProcessInfo.processInfo.environment
    static let isExpected = environment["SLUICE_LNBITS_PYTHON"] != nil || environment["CI"] != nil

    struct Wallet: Decodable {
        let id: String
        let adminkey: String
        let inkey: String
    }

    let address: NodeAddress
    private let shop: Wallet
    private let payer: Wallet

    /// Serves while `body` runs.
    static func with<Result>(_ body: (LNbitsServer) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-lnbits-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let port = try await FakeHTTP.with(respond: { _ in .hangUp }) { $0.port }
        let process = try started(in: folder, port: port)
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let token = try String(contentsOf: folder.appending(path: ".super_user"), encoding: .utf8)
        return try await body(try await LNbitsServer(at: port, token: token))
    }

    /// - Parameter token: for the first account, which credits the payer's.
    private init(at port: Int, token: String) async throws {
        address = try #require(NodeAddress(parsing: "http://127.0.0.1:\(port)"))
        let password = "\(UUID())"
        let install: [String: Any] = [
            "username": "admin", "password": password, "password_repeat": password, "first_install_token": token,
        ]
        let base = "\(address)"
        struct Access: Decodable { let accessToken: String }
        let access = try await Self.ask(Access.self, "PUT", base + "/api/v1/auth/first_install", install)
        shop = try await Self.ask(Wallet.self, "POST", base + "/api/v1/account", ["name": "shop"])
        payer = try await Self.ask(Wallet.self, "POST", base + "/api/v1/account", ["name": "payer"])
        struct Done: Decodable { let success: Bool }
        let credit: [String: Any] = ["id": payer.id, "amount": 1_000_000]
        let bearer = ("Authorization", "Bearer \(access.accessToken)")
        _ = try await Self.ask(Done.self, "PUT", base + "/users/api/v1/balance", credit, bearer)
    }

    /// Of the shop.
    func settings() -> LNbitsSettings {
        var node = NodeSettings(address: address)
        // Sixteen invoices at once take it ten seconds.
        node.timeout = .seconds(60)
        var settings = LNbitsSettings(node: node, key: Secret(shop.inkey))
        settings.poll = .milliseconds(50)
        return settings
    }

    /// Pays from the other wallet.
    func pay(_ bolt11: String) async throws {
        struct Paid: Decodable { let status: String }
        let paid = try await Self.ask(
            Paid.self,
            "POST",
            "\(address)/api/v1/payments",
            ["out": true, "bolt11": bolt11],
            ("X-Api-Key", payer.adminkey)
        )
        guard paid.status == "success" else { throw LightningFailure(.refused, "the payment is \(paid.status)") }
    }

    // MARK: The process

    private static func started(in folder: URL, port: Int) throws -> Process {
        let python = try #require(environment["SLUICE_LNBITS_PYTHON"], "CI needs SLUICE_LNBITS_PYTHON")
        let process = Process()
        process.executableURL = URL(filePath: python)
        // It finds its templates from the folder that it is installed in. Its own command serves in a child, which outlives it.
        let run = """
            import os, sysconfig, uvicorn
            os.chdir(sysconfig.get_path("purelib"))
            from lnbits.settings import set_cli_settings
            set_cli_settings(host="127.0.0.1", port=\(port), forwarded_allow_ips="")
            uvicorn.run("lnbits.__main__:app", host="127.0.0.1", port=\(port))
            """
        process.arguments = ["-c", run]
        // It asks nobody elsewhere for rates or extensions.
        process.environment = environment.merging([
            "LNBITS_DATA_FOLDER": folder.path, "LNBITS_BACKEND_WALLET_CLASS": "FakeWallet", "LNBITS_ADMIN_UI": "true",
            "LNBITS_EXCHANGE_RATE_PROVIDERS": "[]", "LNBITS_EXTENSIONS_MANIFESTS": "[]", "PYTHONUNBUFFERED": "1",
        ]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        var told = Data()
        while told.range(of: Data("Uvicorn running on".utf8)) == nil {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                throw LightningFailure(.unavailable, "LNbits has ended: \(String(decoding: told, as: UTF8.self))")
            }
            told += more
        }
        // It would wait for a reader of what it logs.
        output.fileHandleForReading.readabilityHandler = { handle in
            if handle.availableData.isEmpty { handle.readabilityHandler = nil }
        }
        return process
    }

    private static func ask<Answer: Decodable>(
        _ type: Answer.Type,
        _ method: String,
        _ url: String,
        _ body: [String: Any],
        _ field: (String, String)? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Content-Type", value: "application/json")
        if let field { request.headers.add(name: field.0, value: field.1) }
        request.body = .bytes(try JSONSerialization.data(withJSONObject: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        guard (200..<300).contains(response.status.code) else {
            throw LightningFailure(.refused, "LNbits answered \(response.status.code): \(String(buffer: bytes))")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(bytes.readableBytesView))
    }
}
