internal import GatewayKit

extension Upstream {
    /// True when both lead to a server that is the same, whatever they are called.
    func sharesServer(with other: Upstream) -> Bool {
        self === other || endpoints.contains(where: other.endpoints.contains)
    }
}
