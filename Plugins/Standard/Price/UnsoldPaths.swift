internal import GatewayKit
internal import HTTPTypes

/// `skip-invoice`: where a request without a credential that counts is refused and no offer is made: 401, and no invoice.
///
/// For calls that clients make over and over before they have bought anything, such as subscriptions: each would cost the
/// node an invoice that nobody pays. A token that was bought elsewhere opens these paths as it does the others.
package struct UnsoldPaths: Sendable {
    static let key = "skip-invoice"

    /// Offers are made everywhere.
    package static let none = UnsoldPaths()

    private var isEverywhere = false
    private var patterns = PathPatterns()
    private var written: [String] = []

    private init() {}

    /// `true`, or a path or a list of them.
    init(from settings: inout PolicyReader) {
        guard let place = settings.node(Self.key)?.place else { return }
        let nodes = settings.nodes(Self.key)
        let form = "true, or \(PathPatterns.form), or a list of them"
        if nodes.isEmpty {
            settings.note(place, "'\(Self.key)' should be \(form)")
        }
        if nodes.count == 1, case .text(let word) = nodes[0].content, ["true", "false"].contains(word) {
            isEverywhere = word == "true"
            return
        }
        for node in nodes {
            guard let text = settings.text(of: node, expected: "'\(Self.key)' should be \(form)") else { continue }
            if patterns.add(text) {
                written.append(text)
            } else {
                settings.note(node.place, "'\(Self.key)' should be \(form), not '\(text)'")
            }
        }
    }

    /// Behind the price.
    var summary: String {
        if isEverywhere { return ", no invoices here" }
        return written.isEmpty ? "" : ", no invoices for \(written.joined(separator: ", "))"
    }

    func contains(_ request: RequestHead) -> Bool {
        isEverywhere || patterns.contains(request)
    }

    /// 401, with the names of the schemes (RFC 9110 §15.5.2).
    func refusal(of exchange: Exchange) -> Reply {
        var fields = Fields()
        for line in exchange.schemes.flatMap({ $0.challenge(in: exchange).lines }) {
            fields.add(.wwwAuthenticate, line)
        }
        fields.add(.cacheControl, "no-store")
        if let rejection = exchange.unresolvedRejection {
            return Reply(.unauthorized, rejection.problem, fields: fields)
        }
        // Clients of Aperture look for the first word.
        let problem = Problem(
            title: "Unauthorized",
            detail: "unauthorized: '\(exchange.route.service)' is paid for, and no invoice is made for this path"
        )
        return Reply(.unauthorized, problem, fields: fields)
    }
}
