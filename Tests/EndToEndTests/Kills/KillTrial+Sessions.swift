import GatewayKit
import GatewayTesting
import LightningTesting
import MPP
import NIOConcurrencyHelpers

// What its client with sessions does.
extension KillTrial {
    private static let path = "/metered"
    /// Beside the request that opens a session: so that something is left.
    private static let mostRequests = 3

    /// Opens sessions and uses them until the trial is to end.
    func spend() async {
        do {
            while let session = try await usedSession() { noteFinished(session) }
        } catch {
            noteFault("\(error)")
        }
    }

    /// - Returns: `nil` where the trial is to end before there is an offer.
    private func usedSession() async throws -> KillSession? {
        guard let (first, life) = try await sessionChallenge() else { return nil }
        let request = try first.requestObject()
        guard let deposit = request["depositInvoice"]?.text,
            let hash = request["paymentHash"]?.text.flatMap({ Bytes32(hex: $0) })
        else { throw ConformanceFailure("a session is offered without a deposit") }
        try await node.pay(deposit)
        var session = KillSession(
            id: PaymentHash(hash),
            preimage: try node.preimage(of: deposit),
            returnInvoice: try node.foreignInvoice(nil, expiresIn: .seconds(86_400))
        )
        noteOffer(session.id, of: life)
        try await show(session.opening(first), of: &session)
        for _ in 0..<dice.number(in: 0..<Self.mostRequests + 1) {
            guard let (next, _) = try await sessionChallenge() else { break }
            try await show(session.bearer(next), of: &session)
        }
        return session
    }

    /// `nil` where the trial is to end before there is one.
    private func sessionChallenge() async throws -> (challenge: PaymentChallenge, life: Int)? {
        while !isClosing {
            if let found = try await offeredSession() { return found }
        }
        return nil
    }

    /// `nil` where nobody sells just now.
    private func offeredSession() async throws -> (challenge: PaymentChallenge, life: Int)? {
        guard let (answer, life) = try await request(Self.path) else { return nil }
        if answer.status == 503 {
            try await Task.sleep(for: Self.pause)
            return nil
        }
        guard answer.status == 402, let challenge = answer.payments.first(where: { $0.intent == "session" }) else {
            throw ConformanceFailure("a session was asked for and answered \(answer.status): \(answer.body)")
        }
        return (challenge, life)
    }

    /// Until there is an answer that says something of the unit.
    private func show(_ credential: PaymentCredential, of session: inout KillSession) async throws {
        var wasBrokenOff = false
        while true {
            let fields = [("Authorization", credential.authorization), ("X-Attempt", nextAttempt())]
            guard let answer = try await request(Self.path, fields)?.answer else {
                wasBrokenOff = true
                continue
            }
            if let end = try await meaning(of: answer) { return session.note(end, wasBrokenOff: wasBrokenOff) }
        }
    }

    /// Ends all of them and has their rests paid back.
    func closeSessions() async throws {
        var sessions = state.withLockedValue { $0.sessions }
        for index in sessions.indices {
            var offer = try await offeredSession()
            while offer == nil { offer = try await offeredSession() }
            guard let challenge = offer?.challenge else { continue }
            let credential = sessions[index].close(challenge)
            let answer = try await request(Self.path, [("Authorization", credential.authorization)])?.answer
            let refund = try node.amountPaid(for: sessions[index].returnInvoice)
            sessions[index].noteClosing(answer?.body ?? "nothing", refund: refund)
        }
        state.withLockedValue { $0.sessions = sessions }
    }
}
