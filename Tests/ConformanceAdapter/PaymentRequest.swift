import AsyncHTTPClient
import GatewayKit
import MPP
import NIOCore
import NIOHTTP1

/// `http.payment_request`: one request, which is repeated with a credential where a 402 asks for one, as the suite's modes
/// say.
struct PaymentRequest {
    private enum Mode: String {
        case plain
        case payment
        /// As `payment`: the payload that is given is what is wrong.
        case invalidPayload = "invalid_payload"
        case mismatchedRequest = "mismatched_request"
        case invalidChallengeID = "invalid_challenge_id"
    }

    /// For as long as the process lives. Where nobody is, it says so at once.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private let url: String
    private let method: String
    private let fields: [(String, String)]
    private let body: String?
    private let mode: Mode
    private let payload: JSONValue
    private let source: String?

    init(_ input: JSONValue) throws {
        url = try ConformanceAdapter.text("url", of: input)
        method = input["method"]?.text ?? "GET"
        guard let mode = Mode(rawValue: input["mode"]?.text ?? "payment") else {
            throw MalformedPayment("there is no such mode")
        }
        self.mode = mode
        if case .object(let members) = input["headers"] {
            fields = members.compactMap { member in member.value.text.map { (member.name, $0) } }
        } else {
            fields = []
        }
        body = input["body"]?.text
        payload = input["payment"]?["payload"] ?? .object([])
        source = input["payment"]?["source"]?.text
    }

    func response() async throws -> JSONValue {
        let first = try await send([])
        guard mode != .plain, first.status == .paymentRequired,
            let challenge = ChallengeLine.challenges(in: first.headers["WWW-Authenticate"]).first
        else { return try await Self.value(of: first) }
        let credential = PaymentCredential(challenge: try changed(challenge), source: source, payload: payload)
        let field = (challenge.header ?? "Authorization", credential.authorization)
        return try await Self.value(of: try await send([field]))
    }

    private func changed(_ challenge: PaymentChallenge) throws -> PaymentChallenge {
        var challenge = challenge
        switch mode {
        case .plain, .payment, .invalidPayload: break
        case .mismatchedRequest:
            guard case .object(let members) = try challenge.requestObject() else { break }
            let others = members.filter { $0.name != "amount" } + [.init("amount", .string("1"))]
            challenge.request = Base64.url.encoded(JSONValue.object(others).canonical)
        case .invalidChallengeID: challenge.id = "invalid-challenge-id"
        }
        return challenge
    }

    private func send(_ more: [(String, String)]) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in fields + more {
            request.headers.replaceOrAdd(name: name, value: value)
        }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        return try await Self.client.execute(request, timeout: .seconds(30))
    }

    private static func value(of response: HTTPClientResponse) async throws -> JSONValue {
        let body = try await response.body.collect(upTo: 1 << 24)
        var members = [JSONValue.Member]()
        for (name, value) in response.headers {
            let name = name.lowercased()
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index] = .init(name, .string("\(members[index].value.text ?? ""), \(value)"))
            } else {
                members.append(.init(name, .string(value)))
            }
        }
        return .object([
            .init("status", .number(Double(response.status.code))), .init("headers", .object(members)),
            .init("body", .string(String(buffer: body))),
        ])
    }
}
