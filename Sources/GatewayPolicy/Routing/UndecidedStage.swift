internal import GatewayKit
internal import HTTPTypes

/// Answers a request of which it cannot be told which route it is for: none is better than the wrong one, which may cost
/// less.
struct UndecidedStage: Stage {
    static let route = Route(name: "undecided", stages: [UndecidedStage()])

    func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        .now(
            .reply(
                Reply(
                    .badRequest,
                    detail: "a parameter or header field of the request can be read in more than one way"
                )
            )
        )
    }
}
