internal import GatewayKit

/// What all files of a policy say together.
struct Declarations {
    /// Every file that was read, in the order of reading.
    var files: [String] = []
    /// Where the first file begins: the place of what is missing altogether.
    var beginning: Place?
    var listen: PolicyNode.Entry?
    var admin: PolicyNode.Entry?
    var accessLog: PolicyNode.Entry?
    var reload: PolicyNode.Entry?
    var trace: PolicyNode.Entry?
    var store: PolicyNode.Entry?
    var lightning: PolicyNode.Entry?
    var invoices: PolicyNode.Entry?
    var rates: PolicyNode.Entry?
    var upstreams: [PolicyNode.Entry] = []
    var pipelines: [PolicyNode.Entry] = []
    var defaults: PolicyNode.Entry?
    var allowances: [PolicyNode] = []
    var routes: [PolicyNode] = []
    var groups: [PolicyNode] = []

    /// What stands beside routes and pipelines, in the order in which people look for it.
    var settings: [PolicyNode.Entry] {
        let named = upstreams.map {
            PolicyNode.Entry(key: "upstreams.\($0.key)", keyPlace: $0.keyPlace, value: $0.value)
        }
        return [listen, admin, accessLog, store, lightning, invoices, rates].compactMap(\.self) + named
    }
}
