package import GatewayKit
package import NIOCore

/// What came of a request that was tried.
package struct TrialOutcome: Sendable {
    package internal(set) var id: ExchangeID
    /// `nil` where the connection would have ended without an answer.
    package internal(set) var head: ResponseHead?
    package internal(set) var body = ByteBuffer()
    /// `nil` where no route was found, or nothing that could be read.
    package internal(set) var route: String?
    /// As the gateway has read it; `nil` where it cannot be read.
    package internal(set) var request: RequestHead?
    package internal(set) var steps: [ExplainedStep] = []
    package internal(set) var shadowRefusals: [ShadowRefusal] = []
    /// What the upstream got.
    package internal(set) var forwarded: Forwarded?
    /// What the stages changed about the request.
    package internal(set) var edits = RequestEdits()
    /// True when the response is the upstream's: the request was let through, and nothing came in the response's place.
    package internal(set) var isServed = false

    package struct Forwarded: Sendable {
        package let upstream: String
        /// As it came out of the gateway.
        package let request: RequestHead
        package internal(set) var body = ByteBuffer()
    }

    init(id: ExchangeID) {
        self.id = id
    }
}
