package import GatewayKit

/// `pass`: ends a pipeline whose requests another proxy forwards, for policies that `sluice ext-authz` serves. Where the
/// gateway itself is to forward them they are answered 502: there is nowhere to go.
package struct PassStage: StagePlugin {
    package static let word = "pass"
    package static let isLast = true

    private let proxy = Upstream(name: "proxy", endpoints: [.init(socketPath: "/dev/null/proxy")])

    package init(from settings: inout PolicyReader, _ services: Services) throws {}

    package var summary: String { "to the proxy that asked" }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        .now(.forward(proxy))
    }
}
