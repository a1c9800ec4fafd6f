internal import GatewayKit
internal import GatewayRPC
internal import SwiftProtobuf

/// What a verifier said about the caveats that it was asked about.
struct VerifierAnswer: Sendable, CustomStringConvertible {
    enum Verdict: Sendable, Hashable {
        case allowed
        /// In a sentence for the client; empty where it gave no reason.
        case refused(String)
    }

    /// Nothing is kept for longer, whatever the service says.
    private static let longestValidity = Duration.seconds(86_400)

    let verdicts: [Verdict]
    /// How long it holds for the same question; zero: only now.
    let validity: Duration

    init(_ response: Sluice_V1_VerifyCaveatsResponse) {
        verdicts = response.verdicts.map { $0.allowed ? .allowed : .refused(String(toldBy: $0.reason)) }
        let (seconds, nanoseconds) = (response.validFor.seconds, response.validFor.nanos)
        let isNegative = seconds < 0 || nanoseconds < 0
        validity =
            isNegative
            ? .zero
            : min(
                .seconds(min(seconds, Self.longestValidity.components.seconds)) + .nanoseconds(Int64(nanoseconds)),
                Self.longestValidity
            )
    }

    /// Why the first caveat that does not hold refuses the request.
    func rejection(of caveats: [Caveat]) -> Rejection? {
        for (caveat, verdict) in zip(caveats, verdicts) {
            guard case .refused(let reason) = verdict else { continue }
            let usual = "the credential's caveat '\(caveat.condition.prefix(64))' does not permit this request"
            return Rejection(.caveat, reason.isEmpty ? usual : reason)
        }
        return nil
    }

    var description: String {
        let texts = verdicts.map { verdict in
            switch verdict {
            case .allowed: "allowed"
            case .refused(let reason): reason.isEmpty ? "refused" : "refused: \(reason)"
            }
        }
        return texts.joined(separator: ", ") + (validity > .zero ? "; for \(validity)" : "")
    }
}
