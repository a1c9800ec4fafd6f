internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOCore
internal import NIOHTTP1

// What is the same for all nodes and wallets that are asked over HTTP.

extension HTTPClient.Configuration {
    /// Follows nobody elsewhere, and tries once to connect.
    static func forNode(connecting timeout: TimeAmount) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = timeout
        return configuration
    }
}

extension HTTPClient {
    /// A whole answer, of `LightningFailure.longestAnswer` at the most.
    ///
    /// - Parameter limit: for all of it. The client's own ends with the head of an answer (AsyncHTTPClient 1.37,
    ///   Transaction+StateMachine.swift, `deadlineExceeded`), behind which nothing may ever come.
    func answer(to request: HTTPClientRequest, within limit: Duration) async throws -> NodeAnswer {
        let answer = try await outcome(within: limit) { [self] in
            let response = try await execute(request, timeout: TimeAmount(limit))
            let bytes = try await response.body.collect(upTo: LightningFailure.longestAnswer.bytes)
            return NodeAnswer(status: response.status.code, bytes: Array(bytes.readableBytesView))
        }
        guard let answer else { throw HTTPClientError.deadlineExceeded }
        return answer
    }
}

extension LightningFailure {
    /// No answer of a node is longer.
    static let longestAnswer = ByteCount.mebibytes(1)

    /// Why there is no answer.
    ///
    /// - Parameters:
    ///   - node: its name, as messages have it.
    ///   - address: where it was asked.
    ///   - timeout: how long an answer may take.
    init(_ error: any Error, of node: String, at address: String, within timeout: Duration) {
        switch error {
        case let failure as LightningFailure: self = failure
        case is NIOTooManyBytesError:
            self.init(.malformed, "the answer of \(node) is longer than \(Self.longestAnswer)")
        case let error as HTTPClientError where error == .deadlineExceeded:
            self.init(.unavailable, "\(node) did not answer in \(timeout.formattedForPolicy)")
        default: self.init(.unavailable, "no answer from \(node) at \(address): \(error)")
        }
    }
}
