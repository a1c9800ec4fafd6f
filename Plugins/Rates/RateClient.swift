internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOCore
internal import NIOHTTP1

/// Asks sources over HTTP: TLS is verified, answers are short, nobody is followed elsewhere.
final class RateClient: Sendable {
    static let longestAnswer = ByteCount.kibibytes(256)

    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async {
        try? await client.shutdown()
    }

    @Sendable func answer(_ url: String, _ timeout: Duration) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "sluice")
        do {
            let response = try await client.execute(request, deadline: .now() + TimeAmount(timeout))
            guard response.status == .ok else {
                throw UnreadableRate("it answers \(response.status.code)")
            }
            let body = try await response.body.collect(upTo: Self.longestAnswer.bytes)
            return Array(body.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw UnreadableRate("its answer is longer than \(Self.longestAnswer)")
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw UnreadableRate("it did not answer in \(timeout.formattedForPolicy)")
        }
    }
}
