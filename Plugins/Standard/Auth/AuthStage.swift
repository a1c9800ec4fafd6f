package import GatewayKit

/// Recognises a credential by the first scheme that finds one of its own, and names the schemes that make the offers.
///
/// Never refuses by itself: what there is to refuse is left in `Exchange.rejection` for the `price` stage.
package struct AuthStage: StagePlugin {
    package static let word = "auth"
    package static let provides: [StageInput] = [.credential]

    private let schemes: [any AuthScheme]

    /// - Parameter schemes: in the order in which they are asked, and in which their lines stand in a 402.
    package init(_ schemes: [any AuthScheme]) {
        self.schemes = schemes
    }

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let whole = settings.whole()
        let nodes: [PolicyNode] =
            switch whole.content {
            case .list(let nodes): nodes
            case .empty: []
            case .text, .reference, .map: [whole]
            }
        if nodes.isEmpty {
            settings.note(whole.place, "'auth' needs a scheme: its word, or a list of schemes")
        }
        var schemes = [any AuthScheme]()
        for node in nodes {
            guard let scheme = services.scheme(node, in: settings) else { continue }
            let word = PluginWord.of(scheme)
            if let word, schemes.contains(where: { PluginWord.of($0) == word }) {
                settings.note(node.place, "the scheme '\(word)' stands here twice")
            }
            schemes.append(scheme)
        }
        self.schemes = schemes
        services.sales.note(sales)
    }

    package var summary: String {
        listedSchemes.map { $0.summary.isEmpty ? $0.word : "\($0.word) \($0.summary)" }.joined(separator: ", ")
    }

    package var listedSchemes: [ListedScheme] {
        schemes.map { scheme in
            ListedScheme(
                word: PluginWord.of(scheme) ?? "",
                summary: scheme.summary,
                takesPayments: scheme.takesPayments,
                giveaway: scheme.giveaway,
                tier: scheme.soldTier
            )
        }
    }

    package var sales: [Sale] {
        schemes.filter(\.takesPayments).map { scheme in
            Sale(
                scheme: PluginWord.of(scheme) ?? "",
                caveats: scheme.soldCaveats,
                intents: scheme.offeredIntents,
                tier: scheme.soldTier,
                trustsPreimages: scheme.trustsPreimages
            )
        }
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        exchange.schemes = schemes
        exchange.looked(at: "schemes", summary)
        return try ask(from: 0, in: exchange, rejected: nil)
    }

    /// Plain code as long as the schemes answer at once: a closure would cost an allocation for every request.
    private func ask(from first: Int, in exchange: Exchange, rejected: Rejection?) throws -> Eventually<Decision> {
        var rejection = rejected
        for index in first..<schemes.count {
            do {
                switch try schemes[index].credential(in: exchange) {
                case .now(.none):
                    continue
                case .now(.some(let credential)):
                    return accept(credential, of: index, in: exchange)
                case .later(let future):
                    return try wait(for: .later(future), of: index, in: exchange, rejected: rejection)
                }
            } catch let thrown as Rejection {
                rejection = rejection ?? thrown
            }
        }
        if exchange.credential == nil, let rejection {
            exchange.rejection = rejection
        } else if exchange.credential == nil {
            exchange.looked(at: "credential", "none")
        }
        return .now(.next)
    }

    private func wait(
        for answer: Eventually<Credential?>,
        of index: Int,
        in exchange: Exchange,
        rejected: Rejection?
    ) throws -> Eventually<Decision> {
        var rejection = rejected
        return try answer.recover { error in
            guard let thrown = error as? Rejection else { throw error }
            rejection = rejection ?? thrown
            return nil
        }.flatMap { credential in
            if let credential {
                return accept(credential, of: index, in: exchange)
            }
            return try ask(from: index + 1, in: exchange, rejected: rejection)
        }
    }

    private func accept(_ credential: Credential, of index: Int, in exchange: Exchange) -> Eventually<Decision> {
        exchange.credential = credential
        exchange.recogniser = schemes[index]
        exchange.isRedeemed = false
        exchange.caveatsHold = false
        exchange.rejection = nil
        return .now(.next)
    }

    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        for index in schemes.indices.reversed() {
            schemes[index].adjust(&response, of: exchange)
        }
    }

    package func settle(_ exchange: Exchange, as outcome: Outcome) {
        for index in schemes.indices.reversed() {
            schemes[index].settle(exchange, as: outcome)
        }
    }
}
