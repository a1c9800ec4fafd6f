import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayTesting
import L402
import LightningTesting
import MPP
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

// What its clients do.
extension KillTrial {
    /// Between two attempts where nobody answers, or nobody sells.
    static let pause = Duration.milliseconds(10)

    /// Buys until the trial is to end, and comes to the end of what it has begun.
    func buy() async {
        do {
            while let purchase = try await bought() { noteFinished(purchase) }
        } catch {
            noteFault("\(error)")
        }
    }

    /// Buys one answer whatever happens meanwhile, and tries whether it gets more than that.
    ///
    /// - Returns: `nil` where the trial is to end before there is an offer.
    private func bought() async throws -> KillPurchase? {
        guard let form = dice.one(of: KillPurchase.Form.allCases), var purchase = try await paid(form) else {
            return nil
        }
        try await present(&purchase)
        // What has to come back is somebody's to look at later.
        if !purchase.waits { try await presentAgain(&purchase) }
        return purchase
    }

    var isClosing: Bool { state.withLockedValue { $0.isClosing } }

    /// Takes an offer and pays it.
    private func paid(_ form: KillPurchase.Form) async throws -> KillPurchase? {
        while !isClosing {
            guard let (answer, life) = try await request(form.path) else { continue }
            switch answer.status {
            case 402: return try await paid(answer, form, life)
            case 503: try await Task.sleep(for: Self.pause)
            default: throw ConformanceFailure("an offer was answered \(answer.status): \(answer.body)")
            }
        }
        return nil
    }

    private func paid(
        _ offer: TestGateway.Answer,
        _ form: KillPurchase.Form,
        _ life: Int
    ) async throws -> KillPurchase {
        guard let challenge = offer.payments.first,
            let invoice = try challenge.requestObject()["methodDetails"]?["invoice"]?.text
        else { throw ConformanceFailure("there is no charge in an offer: \(offer.headers)") }
        try await node.pay(invoice)
        let preimage = try node.preimage(of: invoice)
        let charge = challenge.paid(with: preimage)
        let (payment, token) = (try charge.payment, offer.challenge?.paid(with: preimage))
        noteOffer(payment, of: life)
        guard form.isToken else {
            return KillPurchase(
                form,
                payment: payment,
                authorization: charge.authorization,
                otherAuthorization: token?.authorization
            )
        }
        guard let token else { throw ConformanceFailure("there is no token in an offer: \(offer.headers)") }
        return KillPurchase(
            form,
            payment: payment,
            authorization: token.authorization,
            otherAuthorization: charge.authorization
        )
    }

    // MARK: Presenting

    /// Until there is an answer that says something of the payment.
    func present(_ purchase: inout KillPurchase) async throws {
        while true {
            let fields = purchase.fields(attempt: nextAttempt())
            guard let answer = try await request(purchase.form.path, fields)?.answer else {
                purchase.brokenOff += 1
                continue
            }
            if let end = try await meaning(of: answer) { return purchase.note(end) }
        }
    }

    /// Shows once more what has bought something, also as what it has not bought.
    func presentAgain(_ purchase: inout KillPurchase) async throws {
        try await present(&purchase)
        guard let other = purchase.otherAuthorization else { return }
        while true {
            let fields = [("Authorization", other), ("X-Attempt", nextAttempt())]
            guard let answer = try await request(purchase.form.path, fields)?.answer else { continue }
            if let end = try await meaning(of: answer) { return purchase.noteOther(end) }
        }
    }

    /// Shows everything that was ever bought to the gateway that there is now.
    ///
    /// - Parameter waitsOut: until what has to come back is served or has been used.
    func presentAll(waitsOut: Bool) async throws {
        var purchases = state.withLockedValue { $0.purchases }
        for index in purchases.indices {
            if purchases[index].waits {
                try await present(&purchases[index])
            } else {
                try await presentAgain(&purchases[index])
            }
        }
        for index in purchases.indices where waitsOut {
            while purchases[index].waits {
                try await Task.sleep(for: .seconds(1))
                try await present(&purchases[index])
            }
        }
        state.withLockedValue { $0.purchases = purchases }
    }

    func nextAttempt() -> String {
        state.withLockedValue { state in
            state.lastAttempt += 1
            return "\(state.lastAttempt)"
        }
    }

    /// `nil` where it says nothing of the payment.
    func meaning(of answer: TestGateway.Answer) async throws -> KillPurchase.End? {
        switch answer.status {
        case 200:
            let lines = answer.body.lowercased().split(separator: "\n")
            guard let line = lines.first(where: { $0.hasPrefix("x-attempt: ") }) else {
                throw ConformanceFailure("the service was not told the attempt: \(answer.body)")
            }
            return .served(attempt: String(line.dropFirst("x-attempt: ".count)))
        case 402:
            let words = ["used already", "used in another way", "is open already"]
            return words.contains { answer.body.contains($0) } ? .used : .refused(answer.body)
        case 409 where !answer.body.contains("is being served"): return .waits
        // Its answer has arrived, and is about to be kept.
        case 409, 503:
            try await Task.sleep(for: Self.pause)
            return nil
        default: throw ConformanceFailure("a credential was answered \(answer.status): \(answer.body)")
        }
    }

    // MARK: Asking

    /// Waits until there is a gateway.
    private func gateway() async throws -> (url: String, life: Int) {
        while true {
            let found = state.withLockedValue { state in state.url.map { ($0, state.life) } }
            if let found { return found }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// `nil` where the gateway was killed before its answer was there.
    func request(
        _ path: String,
        _ fields: [(String, String)] = []
    ) async throws -> (answer: TestGateway.Answer, life: Int)? {
        let (url, life) = try await gateway()
        var request = HTTPClientRequest(url: url + path)
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        do {
            let response = try await client.execute(request, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 1 << 20)
            let answer = TestGateway.Answer(
                status: Int(response.status.code),
                headers: response.headers,
                body: String(buffer: body)
            )
            return (answer, life)
        } catch {
            guard state.withLockedValue({ $0.killedAt[life] != nil }) else {
                throw ConformanceFailure("\(path): no answer of a gateway that lives: \(error)")
            }
            return nil
        }
    }
}
