internal import GatewayKit
internal import GatewayServer
internal import HTTPTypes

/// Runs logged requests through another policy, and counts what would change. Holds counts only, however long the log is.
package struct Replay {
    /// Kinds of changes that are told apart.
    private static let mostChanges = 1_000

    /// From 2001 to 2101.
    private static let believed = WallTime(seconds: 978_307_200)...WallTime(seconds: 4_133_980_800)

    package static let assumptions = [
        "the log has no queries, fields and bodies: each request was tried without, and without a credential",
        "what was served and is now for sale counts as served: whoever paid before is taken to pay again",
        "limits per token count per address here, and a limit is as full as the log's own requests make it",
    ]

    private let new: TrialGateway
    private let old: TrialGateway?
    private var places: [ReplayReport.Change: Int] = [:]
    private var lastTime: WallTime?
    package private(set) var report: ReplayReport

    /// - Parameter old: the policy that the log was written under, where it is known: then prices are compared, and what
    ///   was free is told from what was paid for.
    package init(into new: TrialGateway, from old: TrialGateway? = nil) {
        self.new = new
        self.old = old
        report = ReplayReport(assumptions: Self.assumptions)
        if old != nil { report.earnings.old = 0 }
    }

    package mutating func add(_ line: LogLine) async throws {
        switch line {
        case .unreadable: report.unreadableLines += 1
        case .gap(let count): report.lostLines = report.lostLines.addingReportingOverflow(count).partialValue
        case .request(let request): try await add(request)
        }
    }

    package mutating func addUnreadable() {
        report.unreadableLines += 1
    }

    private mutating func add(_ request: LoggedRequest) async throws {
        guard let trial = Self.trial(request) else {
            report.unreadableLines += 1
            return
        }
        moveClocks(to: request.time)
        report.requests += 1
        let outcome = try await new.outcome(of: trial)
        let before = try await old?.outcome(of: trial)
        let oldFate = Self.fate(of: request)
        var newFate = Self.fate(of: outcome)
        let price = Self.price(in: outcome)
        let oldPrice = before.flatMap(Self.price)
        if oldFate == .served {
            report.earnings.new = Self.sum(report.earnings.new, price)
            if let known = report.earnings.old { report.earnings.old = Self.sum(known, oldPrice) }
            // Where it is known that it was free before, it now has to be paid for.
            if newFate == .asked, before == nil || oldPrice != nil { newFate = .served }
        }
        let oldRoute = before == nil ? request.route : before?.route
        if oldFate == newFate && oldRoute == outcome.route || oldFate == .failed && outcome.route != nil {
            report.unchanged += 1
            return
        }
        let change = ReplayReport.Change(
            oldRoute: oldRoute,
            newRoute: outcome.route,
            old: oldFate,
            new: newFate,
            stage: newFate == .served ? nil : outcome.steps.last { $0.hasDecided }?.word
        )
        count(change, request)
    }

    private mutating func count(_ change: ReplayReport.Change, _ request: LoggedRequest) {
        if let place = places[change] {
            report.changes[place].requests += 1
        } else if report.changes.count < Self.mostChanges {
            places[change] = report.changes.count
            let path = ConcealedText.of(String(request.path.unicodeScalars.prefix(128)))
            report.changes.append(
                .init(change: change, requests: 1, example: "\(request.method) \(request.host)\(path)")
            )
        } else {
            report.otherChanges += 1
        }
    }

    /// The calendar says what it said, and limits fill and empty as they did.
    private mutating func moveClocks(to time: WallTime?) {
        // A log may hold any number.
        guard let time, Self.believed.contains(time) else { return }
        guard let lastTime else {
            self.lastTime = time
            new.clock.now = time
            old?.clock.now = time
            return
        }
        guard time > lastTime else { return }
        self.lastTime = time
        let step = Duration.milliseconds(min(time.milliseconds - lastTime.milliseconds, 365 * 86_400_000))
        new.clock.advance(by: step)
        old?.clock.advance(by: step)
    }

    private static func trial(_ request: LoggedRequest) -> TrialRequest? {
        guard let method = HTTPRequest.Method(request.method), request.path.hasPrefix("/") || request.path == "*" else {
            return nil
        }
        // What would end a line of the message was escaped in the log.
        guard (request.path + request.host).utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        return TrialRequest(
            method: method,
            authority: request.host.isEmpty ? "localhost" : request.host,
            target: request.path,
            peer: request.client.flatMap { IPAddress($0) } ?? IPAddress("127.0.0.1")
        )
    }

    // MARK: Fates

    private static func fate(of request: LoggedRequest) -> ReplayReport.Fate {
        fate(status: request.status, isOurs: request.outcome == "replied", isRouted: request.route != nil)
    }

    private static func fate(of outcome: TrialOutcome) -> ReplayReport.Fate {
        fate(
            status: outcome.head?.status.code,
            isOurs: outcome.forwarded == nil,
            isRouted: outcome.route != nil
        )
    }

    private static func fate(status: Int?, isOurs: Bool, isRouted: Bool) -> ReplayReport.Fate {
        guard isRouted else { return .unrouted }
        guard let status else { return .failed }
        guard isOurs else { return .served }
        switch status {
        case 402: return .asked
        case ..<400: return .served
        case 500...: return .failed
        default: return .refused
        }
    }

    /// What it costs to have it served; `nil`: nothing is asked.
    private static func price(in outcome: TrialOutcome) -> Amount? {
        outcome.steps.lazy.filter { !$0.isShadow }.flatMap(\.inputs).last { $0.name == "price" }
            .flatMap { Amount(parsing: $0.value) }
            .flatMap { $0 == .zero ? nil : $0 }
    }

    private static func sum(_ total: UInt64, _ price: Amount?) -> UInt64 {
        let (sum, overflow) = total.addingReportingOverflow(price?.millisatoshis ?? 0)
        return overflow ? .max : sum
    }
}
