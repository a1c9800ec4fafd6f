internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOCore

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
