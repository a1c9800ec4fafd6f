import GatewayKit
import HTTPTypes

/// Refuses what is not listed, wherever the list is.
struct ListedStage: Stage {
    struct List: Sendable {
        let paths: [String]

        func contains(_ path: String) async throws -> Bool { paths.contains(path) }
    }

    let list: List

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        let path = exchange.request.path
        return exchange.later { [list] in try await list.contains(path) }
            .map { $0 ? .next : .reply(Reply(.forbidden, detail: "\(exchange.request.path) is not listed")) }
    }
}
