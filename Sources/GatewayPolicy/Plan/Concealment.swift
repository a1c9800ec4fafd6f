internal import GatewayKit

/// Stands before the first stage of every route: what is a credential of any scheme there is reaches no upstream,
/// whether the route asks for one or not.
struct Concealment: Stage {
    private let schemes: [any AuthScheme.Type]

    init(_ registry: Registry) {
        schemes = registry.schemes.sorted { $0.key < $1.key }.map(\.value)
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        for scheme in schemes {
            scheme.conceal(in: exchange)
        }
        return .now(.next)
    }
}
