public import GatewayKit
internal import HTTPTypes
internal import NIOCore
internal import NIOEmbedded

/// What every stage must do, for the tests of a stage to run:
///
/// ```swift
/// @Test(arguments: StageConformance.Check.allCases)
/// func `keeps a stage's promises`(_ check: StageConformance.Check) async throws {
///     try await StageConformance { MyStage() }.run(check)
/// }
/// ```
public struct StageConformance: Sendable {
    public enum Check: String, CaseIterable, Sendable {
        /// Decides about any request, in time, or throws; never traps.
        case everyRequestIsDecided
        /// Only a stage that stands last forwards, and it never leaves the decision to another one.
        case decisionsSuitThePlace
        /// What it replies is a final status; a 402 says how to pay, and bodies stand where they may.
        case repliesAreWhole
        /// Any response may pass it, and an exchange may end in any way.
        case everyEndIsAccepted
    }

    private let makeStage: @Sendable () throws -> any StagePlugin

    /// - Parameter makeStage: makes a stage whose node, store and pricer answer without waiting for the test.
    public init(makeStage: @escaping @Sendable () throws -> any StagePlugin) {
        self.makeStage = makeStage
    }

    /// Runs every check.
    public func run() async throws {
        for check in Check.allCases {
            try await run(check)
        }
    }

    /// - Throws: `ConformanceFailure`, or what making the stage threw.
    public func run(_ check: Check) async throws {
        let stage = try makeStage()
        for index in Self.oddRequests.indices {
            for hasAddress in [true, false] {
                let loop = NIOAsyncTestingEventLoop()
                let answer = try await loop.executeInContext {
                    Self.admit(to: stage, Self.oddRequests[index], hasAddress: hasAddress, on: loop, check)
                }
                guard let decision = try await answer.get() else { continue }
                try Self.examine(decision, of: stage, check)
            }
        }
    }

    /// `nil`: the stage threw, which is an answer too.
    private static func admit(
        to stage: any StagePlugin,
        _ request: RequestHead,
        hasAddress: Bool,
        on loop: any EventLoop,
        _ check: Check
    ) -> EventLoopFuture<Decision?> {
        let client = Client(address: hasAddress ? IPAddress("2001:db8::1") : nil)
        let exchange = Exchange.example(request, client: client, eventLoop: loop)
        do {
            return try stage.admit(exchange).map { decision in
                if check == .everyEndIsAccepted { end(exchange, of: stage, after: decision) }
                return Optional(decision)
            }.recover { _ in nil }.future(on: loop)
        } catch {
            return loop.makeSucceededFuture(nil)
        }
    }

    private static func end(_ exchange: Exchange, of stage: any StagePlugin, after decision: Decision) {
        if case .reply = decision { return }
        for status in [200, 204, 304, 404, 500, 599] {
            var response = ResponseHead(status: HTTPResponse.Status(code: status))
            stage.adjust(&response, of: exchange)
        }
        let ends: [Outcome.End] = [
            .answered, .replied, .upstreamFailed(.timeout), .upstreamFailed(.malformed), .clientLeft, .drained, .cut,
        ]
        for end in ends {
            stage.settle(exchange, as: Outcome(end: end, status: nil, requestBytes: .max, responseBytes: .max))
        }
    }

    private static func examine(_ decision: Decision, of stage: any StagePlugin, _ check: Check) throws {
        let isLast = type(of: stage).isLast
        let word = type(of: stage).word
        switch (decision, check) {
        case (.next, .decisionsSuitThePlace) where isLast:
            throw ConformanceFailure("\(word) stands last and left the decision to another stage")
        case (.forward, .decisionsSuitThePlace) where !isLast:
            throw ConformanceFailure("\(word) forwards and does not stand last")
        case (.reply(let reply), .repliesAreWhole):
            guard (200...599).contains(reply.status.code) else {
                throw ConformanceFailure("\(word) replied with the status \(reply.status.code)")
            }
            if reply.status.code == 402, !reply.fields.contains(.wwwAuthenticate) {
                throw ConformanceFailure("\(word) replied 402 without a challenge")
            }
            if case .none = reply.body { return }
            guard ![204, 205, 304].contains(reply.status.code) else {
                throw ConformanceFailure("\(word) replied \(reply.status.code) with a body")
            }
        default:
            break
        }
    }

    /// Requests that are permitted and seldom.
    private static let oddRequests: [RequestHead] = [
        .example(),
        .example(.options, "/"),
        .example(.head, "/?"),
        .example(.get, "/a?b=?&c=%00"),
        .example(.post, "/" + String(repeating: "a/", count: 4_000), body: .unknownLength),
        .example(.put, "/%F0%9F%92%A9/%2Fx%2F", body: .length(.max)),
        .example(.get, "/", host: ""),
        .example(.get, "/", host: "[::1]:65535"),
        .example(.get, "/", fields: (0..<127).map { ("X-\($0)", "") }),
        .example(
            .post,
            "/a.b/C",
            fields: [("Content-Type", "application/grpc"), ("Authorization", ""), ("Authorization", "L402")]
        ),
        .example(HTTPRequest.Method("!") ?? .get, "/*"),
    ]
}
