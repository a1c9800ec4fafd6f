package import GatewayKit

extension CaveatsStage {
    /// Has the verifiers take what the request costs, one after the other. When one refuses, those before it give back.
    func reserve(from first: Int, for credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        for index in first..<reserving.count {
            let verifier = reserving[index]
            let caveats = credential.caveats.filter { verifier.covers($0, of: exchange) }
            guard !caveats.isEmpty else { continue }
            let reserved: Eventually<Rejection?>
            do {
                reserved = try verifier.reserve(for: caveats, exchange)
            } catch {
                giveBack(exchange)
                throw error
            }
            if case .now(let rejection) = reserved {
                guard note(rejection, by: verifier, in: exchange) else { return .now(.next) }
                continue
            }
            return try reserved.recover { error in
                self.giveBack(exchange)
                throw error
            }.flatMap { rejection in
                guard self.note(rejection, by: verifier, in: exchange) else { return .now(.next) }
                return try self.reserve(from: index + 1, for: credential, in: exchange)
            }
        }
        return .now(.next)
    }

    /// - Returns: false when the verifier refuses, and the credential counts no more.
    private func note(_ rejection: Rejection?, by verifier: any ReservingVerifier, in exchange: Exchange) -> Bool {
        guard let rejection else {
            var taken = exchange[Reserved.self] ?? Reserved()
            taken.verifiers.append(verifier)
            exchange[Reserved.self] = taken
            return true
        }
        giveBack(exchange)
        _ = conclude(rejection, in: exchange)
        return false
    }

    private func giveBack(_ exchange: Exchange) {
        for verifier in takeReserved(of: exchange) {
            verifier.giveBack(exchange)
        }
    }

    package func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard !reserving.isEmpty else { return }
        for verifier in takeReserved(of: exchange) {
            verifier.settle(exchange, as: outcome)
        }
    }

    /// Those that have taken something, the last one first; from then on there are none.
    private func takeReserved(of exchange: Exchange) -> [any ReservingVerifier] {
        guard let reserved = exchange[Reserved.self] else { return [] }
        exchange[Reserved.self] = nil
        return reserved.verifiers.reversed()
    }
}

/// The verifiers that have taken something for an exchange.
private struct Reserved {
    var verifiers: [any ReservingVerifier] = []
}
