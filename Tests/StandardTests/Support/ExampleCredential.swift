import GatewayKit
import GatewayTesting

extension Credential {
    /// - Parameter caveats: `condition=value`.
    static func example(_ caveats: String..., id: UInt8 = 1, payment: PaymentHash = PaymentHash(.zero)) -> Credential {
        with(caveats, id: id, payment: payment)
    }

    static func with(_ caveats: [String], id: UInt8 = 1, payment: PaymentHash = PaymentHash(.zero)) -> Credential {
        Credential(
            scheme: "example",
            id: CredentialID(Bytes32([UInt8](repeating: id, count: 32)) ?? .zero),
            payment: payment,
            caveats: caveats.map { Caveat(parsing: $0) }
        )
    }
}

extension Exchange {
    static func paid(_ credential: Credential, _ request: RequestHead = .example()) -> Exchange {
        let exchange = Exchange.example(request)
        exchange.credential = credential
        return exchange
    }
}
