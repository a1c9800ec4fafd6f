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
    var store: PolicyNode.Entry?
    var lightning: PolicyNode.Entry?
    var upstreams: [PolicyNode.Entry] = []
    var pipelines: [PolicyNode.Entry] = []
    var routes: [PolicyNode] = []
}
