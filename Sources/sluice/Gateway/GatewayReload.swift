internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import Logging
internal import NIOPosix

/// Takes up changed policies while the gateway serves: all of a change or nothing of it. Exchanges that are under way
/// finish on the plan that they started with, and nothing waits for them.
package actor GatewayReload {
    /// What serves the policy.
    struct Serving: Sendable {
        let server: RunningServer
        /// What the gateway serves itself.
        let local: RunningServer
        let admin: AdminStage
        let extraServices: [LocalService]
        let authorizer: Authorizer?
        let fileLimit: OpenFileLimit?
    }

    private(set) var policy: LoadedPolicy
    private(set) var accessLog: AccessLog?
    /// What the last attempt read: what is to be looked at for changes.
    private(set) var files: RecordingFiles
    private(set) var last: ReloadReport?
    private let loadedFirst: WallTime
    private var appliedAt: WallTime
    private var count = 0
    private var serving: Serving?
    private var turn: Task<ReloadReport, Never>?

    init(_ policy: LoadedPolicy) {
        self.policy = policy
        files = policy.files
        loadedFirst = policy.time.now()
        appliedAt = loadedFirst
    }

    /// The policy is served now, and written down there.
    func begin(_ serving: Serving, accessLog: AccessLog?) {
        self.serving = serving
        self.accessLog = accessLog
    }

    /// One after the other, in the order of the calls.
    ///
    /// - Parameters:
    ///   - cause: who asked for it.
    ///   - isAllowed: also what `guard: money` stands against.
    package func reload(because cause: String, allowingLosses isAllowed: Bool = false) async -> ReloadReport {
        let turn = Task { [previous = turn] in
            _ = await previous?.value
            return await self.attempt(because: cause, isAllowed)
        }
        self.turn = turn
        return await turn.value
    }

    /// What `/status` tells.
    package var status: GatewayStatus {
        GatewayStatus(
            started: loadedFirst.calendarText,
            loaded: appliedAt.calendarText,
            reloads: count,
            routes: policy.plan.routes.count,
            files: policy.files.readFiles,
            watches: policy.plan.reload.watches,
            rates: policy.plan.rates.states,
            last: last
        )
    }

    // MARK: One attempt

    private func attempt(because cause: String, _ isAllowed: Bool) async -> ReloadReport {
        var report = ReloadReport(result: .failed, cause: cause, time: policy.time.now().calendarText)
        let files = RecordingFiles()
        do {
            let next = try await load(files)
            self.files = files
            guard !files.isAlike(policy.files) else {
                report.result = .unchanged
                return noted(report)
            }
            let difference = PlanDifference(from: policy.plan, to: next.plan)
            report.changes = difference.lines
            let losses = difference.losses(factor: policy.plan.reload.factor)
            if policy.plan.reload.guardsMoney, !isAllowed, !losses.isEmpty {
                report.result = .refused
                report.reasons = losses.map { "guard: money stands against it: \($0)" }
                return noted(report)
            }
            try await serve(next)
            report.result = .applied
        } catch let mistakes as FoundMistakes {
            self.files = files
            report.reasons = mistakes.all.map(\.description)
        } catch {
            self.files = files
            report.reasons = ["\(error)"]
        }
        return noted(report)
    }

    /// Off the threads that serve.
    private func load(_ files: RecordingFiles) async throws -> LoadedPolicy {
        try await NIOThreadPool.singleton.runIfActive { [policy] in try policy.again(reading: files) }
    }

    /// - Throws: why not; then everything is as before.
    private func serve(_ next: LoadedPolicy) async throws {
        guard let serving else { throw StartFailure("the gateway has not started yet") }
        let listeners = listeners(of: next, serving)
        let before = self.listeners(of: policy, serving)
        try next.prepareKeys()
        var started = [any Startable]()
        var opened: AccessLog?
        let ratesChange = !next.plan.sharesRates(with: policy.plan)
        let logChanges = next.plan.accessLog != policy.plan.accessLog
        do {
            for part in next.parts.added + (ratesChange ? [next.plan.rates] : []) {
                try await part.start()
                started.append(part)
            }
            if logChanges {
                opened = try next.plan.accessLog.map { try AccessLog($0, time: next.time, logger: next.logger) }
            }
            try await serving.local.replace(listeners.local(serving.admin))
            do {
                let settings = serving.fileLimit?.fitting(next.plan.listeners) ?? next.plan.listeners
                try await serving.server.replace(listeners.open(settings))
            } catch {
                try? await serving.local.replace(before.local(serving.admin))
                throw error
            }
        } catch {
            for part in started { await part.stop() }
            opened?.stop()
            throw error
        }
        if logChanges {
            try await serving.server.replaceAccessLog(with: opened)
            accessLog?.stop()
            accessLog = opened
        }
        serving.authorizer?.serve(next, accessLog: accessLog)
        next.invoiceBudget.limits = next.plan.invoices
        // What those told goes on for the exchanges that are under way.
        if ratesChange { await policy.plan.rates.stop() }
        policy = next
        appliedAt = next.time.now()
        count += 1
    }

    private func listeners(of policy: LoadedPolicy, _ serving: Serving) -> PolicyListeners {
        PolicyListeners(policy: policy, extraServices: serving.extraServices, authorizer: serving.authorizer)
    }

    private func noted(_ report: ReloadReport) -> ReloadReport {
        last = report
        let logger = policy.logger
        let metadata: Logger.Metadata = [
            "cause": "\(report.cause)", "changes": .array(report.changes.map { .string($0) }),
        ]
        switch report.result {
        case .applied: logger.notice("reloaded: requests go by the new policy", metadata: metadata)
        case .unchanged: logger.info("not reloaded: nothing has changed", metadata: ["cause": "\(report.cause)"])
        case .refused, .failed:
            for reason in report.reasons { logger.error("not reloaded: \(reason)") }
            logger.error("not reloaded: the policy from before is served on", metadata: metadata)
        }
        return report
    }
}
