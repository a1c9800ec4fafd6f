internal import GRPCPricer
internal import GatewayKit
internal import GatewayRPC

/// One look at a price server, rule by rule.
struct ConformanceRun: Sendable {
    private typealias Outcome = ConformanceFinding.Outcome

    /// All the bitcoin that there can be.
    static let most = Int64(clamping: Amount.maximum.satoshisRoundedUp)
    static let amounts = "0 to \(most) satoshis"
    /// Calls that are open at the same time.
    static let width = 16

    let calls: PriceCalls
    private(set) var report = ConformanceReport()
    /// Of the sample; `nil` where the server has none.
    var price: Int64?

    init(_ calls: PriceCalls) {
        self.calls = calls
    }

    static func isAmount(_ satoshis: Int64) -> Bool { (0...most).contains(satoshis) }

    /// Names nothing that anybody has sold.
    static func token() -> String { Bytes32.random().hex }

    // MARK: Rules

    /// - Returns: the answer, where the rule holds.
    @discardableResult
    mutating func expect<Value>(
        _ method: String,
        _ rule: String,
        _ expected: String,
        _ answer: PriceCalls.Answer<Value>,
        _ holds: (Value) -> Bool,
        found: (Value) -> String
    ) -> Value? {
        switch answer {
        case .success(let value) where holds(value):
            report.add(method, rule, .holds)
            return value
        case .success(let value): report.add(method, rule, .broken(expected: expected, found: found(value)))
        case .failure(let failure): report.add(method, rule, .broken(expected: expected, found: "\(failure)"))
        }
        return nil
    }

    /// - Parameter found: what came instead; `nil`: the rule holds.
    mutating func note(_ method: String, _ rule: String, _ expected: String, found: String?) {
        report.add(method, rule, found.map { Outcome.broken(expected: expected, found: $0) } ?? .holds)
    }

    mutating func advise(_ method: String, _ rule: String, _ expected: String, found: String?) {
        report.add(method, rule, found.map { Outcome.advised(expected: expected, found: $0) } ?? .holds)
    }

    mutating func skip(_ method: String, _ rule: String) {
        report.add(method, rule, .skipped)
    }

    mutating func noteAbsence(_ methods: String, _ rule: String) {
        report.add(methods, rule, .absent)
    }

    /// The answers to calls that are made at the same time.
    func together<Value: Sendable>(
        _ call: @escaping @Sendable (PriceCalls) async -> PriceCalls.Answer<Value>
    ) async -> [PriceCalls.Answer<Value>] {
        await withTaskGroup(of: PriceCalls.Answer<Value>.self) { group in
            for _ in 0..<Self.width {
                group.addTask { [calls] in await call(calls) }
            }
            var answers = [PriceCalls.Answer<Value>]()
            for await answer in group { answers.append(answer) }
            return answers
        }
    }
}

extension Pricesrpc_AuthorizeRequestResponse {
    /// On one line, whatever the server has written.
    var summary: String {
        if allowed { return "allowed, with \(reservedEstimate) reserved" }
        let reason = String(reason.unicodeScalars.prefix(100).map { $0.value < 0x20 ? " " : Character($0) })
        return "not allowed, a price of \(priceSats) satoshis\(reason.isEmpty ? "" : ", '\(reason)'")"
    }
}

extension Pricesrpc_ReportUsageResponse {
    var summary: String { "\(debitedSats) satoshis taken, \(remainingSats) left" }
}
