package import GatewayKit
package import HTTPTypes

/// One test that stands beside the policies: what happens to requests, one after the other.
package struct PolicyTest: Sendable {
    package let name: String
    package let place: Place
    package let steps: [Step]

    package struct Step: Sendable {
        package let place: Place
        package let action: Action
    }

    package enum Action: Sendable {
        /// The clock goes on by this much.
        case advance(Duration)
        /// What a bitcoin costs from now on; `nil`: nobody knows.
        case rate(FiatAmount?)
        case ask(Question)
    }

    /// A request, and what is expected of it.
    package struct Question: Sendable {
        package internal(set) var request: Request
        package internal(set) var credential = CredentialKind.none
        package internal(set) var upstream = Upstream.answer(status: 200, fields: [], body: "ok\n")
        /// `nil`: what the step before said.
        package internal(set) var pricer: PricerAnswer?
        package internal(set) var expectation = PolicyTestExpectation()
        /// How often the same is asked, each time with the same expectation.
        package internal(set) var count = 1
    }

    package struct Request: Sendable {
        package let method: HTTPRequest.Method
        /// `http` or `https`.
        package let scheme: String
        package let authority: String
        /// Path and query.
        package let target: String
        package internal(set) var fields: [(name: String, value: String)] = []
        package internal(set) var body: String?
        package internal(set) var client: IPAddress?
        /// What the calendar says; `nil`: what it says anyhow.
        package internal(set) var time: WallTime?
    }

    package enum Upstream: Sendable {
        case answer(status: Int, fields: [(name: String, value: String)], body: String)
        case failure(UpstreamFailure)
    }

    /// What the request presents.
    package enum CredentialKind: Sendable {
        case none
        /// What the step before presented.
        case again
        case bought(Purchase)
    }

    package struct Purchase: Sendable {
        package enum Way: String, Sendable, CaseIterable {
            case l402, charge, session
        }

        package internal(set) var way: Way
        /// What its holder adds: `condition=value`.
        package internal(set) var caveats: [String] = []
        /// What was asked for when it was bought; `nil`: the request of the step.
        package internal(set) var boughtWith: Request?
        /// Its signature, or the proof that it carries, is not right.
        package internal(set) var isForged = false
        /// It was bought so long ago.
        package internal(set) var age: Duration?
    }
}
