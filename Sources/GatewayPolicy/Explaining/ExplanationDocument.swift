package import GatewayKit
internal import HTTPTypes

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Why a request was answered as it was, as programs read it.
package struct ExplanationDocument: Codable, Sendable {
    package struct Stage: Codable, Sendable {
        package let word: String
        /// `policies/quickstart.yaml:12:5`; `nil` for what the gateway puts in itself.
        package let place: String?
        /// `next`, `reply`, `forward`, `error`, or `pending` where the client left first.
        package let verdict: String
        package let status: Int?
        package let detail: String?
        package let upstream: String?
        /// `nil`: it has effect.
        package let shadow: Bool?
        package let learned: [String]
        package fileprivate(set) var inputs: [Input]
        package let microseconds: Int
    }

    package struct Input: Codable, Sendable {
        package let name: String
        package let value: String
    }

    /// Under which a client of the request finds it in the answer, and an operator in the log.
    package let id: String
    /// `nil`: none matches.
    package var route: String?
    package var place: String?
    /// What of the request decided that it is this route.
    package var matched: String?
    /// Other routes that the request matches too, each with the reason why it was not the one.
    package var passedOver: [String]?
    package var method: String?
    package var path: String?
    package var time: String?
    /// False where only what is known of every refusal is told.
    package var isTraced: Bool?
    package fileprivate(set) var stages: [Stage]
    package let status: Int?
    package var answer: String?
    package var forwarded: String?

    package init(id: ExchangeID, route: String?, steps: [ExplainedStep], status: Int?) {
        self.id = "\(id)"
        self.route = route
        self.status = status
        stages = steps.compactMap(Stage.init)
    }

    package mutating func leaveOutInputs() {
        for index in stages.indices { stages[index].inputs = [] }
    }

    package func json() -> String {
        text([.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    /// In one line of ASCII, for a header field.
    package func line() -> String {
        var line = ""
        for unit in text([.sortedKeys, .withoutEscapingSlashes]).utf16 {
            if unit < 0x7F, unit >= 0x20, let scalar = Unicode.Scalar(unit) {
                line.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return line
    }

    private func text(_ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        // Encoding texts and numbers does not fail.
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension ExplanationDocument.Stage {
    /// `nil` for what the gateway puts in itself and that decided nothing.
    fileprivate init?(_ step: ExplainedStep) {
        guard step.word != nil || step.hasDecided else { return nil }
        word = step.word ?? "(gateway)"
        place = step.place?.description
        shadow = step.isShadow ? true : nil
        learned = step.learned.map(ConcealedText.of)
        inputs = step.inputs.map { .init(name: $0.name, value: $0.value) }
        microseconds = Int((step.duration / .microseconds(1)).rounded())
        switch step.verdict {
        case .pending: (verdict, status, detail, upstream) = ("pending", nil, nil, nil)
        case .next: (verdict, status, detail, upstream) = ("next", nil, nil, nil)
        case .forwarded(let name): (verdict, status, detail, upstream) = ("forward", nil, nil, name)
        case .replied(let status, let detail):
            (verdict, self.status, self.detail, upstream) = ("reply", status.code, detail.map(ConcealedText.of), nil)
        case .failed(let status, let detail):
            (verdict, self.status, self.detail, upstream) = ("error", status.code, detail.map(ConcealedText.of), nil)
        }
    }
}

extension ExplanationDocument {
    /// Of a request that was answered a while ago.
    package init(_ decision: RecentDecision) {
        self.init(
            id: decision.id,
            route: decision.route,
            steps: decision.steps,
            status: decision.outcome.status?.code
        )
        method = decision.method.rawValue
        path = decision.path
        time = Date(timeIntervalSince1970: Double(decision.time.milliseconds) / 1_000).formatted(.iso8601)
        isTraced = decision.isTraced
    }
}
