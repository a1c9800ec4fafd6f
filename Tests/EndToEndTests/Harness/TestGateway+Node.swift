import Foundation
import GatewayKit
import GatewayPolicy
import GatewayTesting
import Lightning
import Testing
import sluice

extension TestGateway {
    /// What its payer learns, of an invoice that nobody has paid: the development node keeps its invoices in the store.
    func preimage(of invoice: String) async throws -> Preimage {
        struct Row: Decodable {
            let bolt11: String
            let preimage: String
        }
        // It writes them soon after they are made.
        let node = try #require(policy.plan.lightning as? DevNode)
        try await node.flush()
        for (_, value) in try await store.values(withPrefix: "") {
            guard let row = try? JSONDecoder().decode(Row.self, from: Data(value)), row.bolt11 == invoice,
                let preimage = Bytes32(hex: row.preimage)
            else { continue }
            return Preimage(preimage)
        }
        throw ConformanceFailure("the node does not know the invoice")
    }
}
