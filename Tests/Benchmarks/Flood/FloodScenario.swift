internal import GatewayKit

/// What a hundred thousand requests leave behind that nobody pays for: no more invoices than the budget has, and memory and a
/// database that do not grow once it is used up.
struct FloodScenario: Scenario {
    enum Source: CaseIterable {
        /// One address asks for the same again and again.
        case oneOffer
        /// One address asks for something else each time, as a program and as a browser.
        case manyOffers
        /// Each request is of another address.
        case manyAddresses
    }

    private static let requestCount = 100_000

    let source: Source

    static let all = Source.allCases.map { FloodScenario(source: $0) }

    var title: String {
        let what =
            switch source {
            case .oneOffer: "of one address for one offer"
            case .manyOffers: "of one address for \(FloodedGateway.routeCount) offers"
            case .manyAddresses: "of as many addresses"
            }
        return "\(Self.requestCount) requests \(what), which nobody pays for"
    }

    var programs: [Program] { [.sluice] }

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        let gateway = try FloodedGateway(on: bench)
        defer { gateway.stop() }
        let load = try FloodLoad(port: gateway.port)
        defer { load.close() }
        try gateway.warmUp(with: load)

        let before = gateway.footprint()
        let start = ContinuousClock.now
        let first = try load.run(0..<Self.requestCount / 2, request)
        let firstTime = start.duration(to: .now)
        let halfway = gateway.footprint()
        let restart = ContinuousClock.now
        let second = try load.run(Self.requestCount / 2..<Self.requestCount, request)
        let time = firstTime + restart.duration(to: .now)
        let after = gateway.footprint()

        let statuses = first.merging(second, uniquingKeysWith: +)
        guard statuses.keys.allSatisfy({ [402, 429, 503].contains($0) }) else {
            throw BenchFailure("requests were answered \(statuses)")
        }
        let (issued, open) = try gateway.invoices()
        let made = try gateway.invoicesOfNode()
        guard made <= most, made == issued, made == open else {
            throw BenchFailure("\(made) invoices were made, \(issued) issued, \(open) are open; the budget has \(most)")
        }
        return [
            .offers: Double(statuses[402] ?? 0),
            .clientRefusals: Double(statuses[429] ?? 0),
            .refusals: Double(statuses[503] ?? 0),
            .invoices: Double(made),
            .openInvoices: Double(open),
            .requestRate: Double(Self.requestCount) / time.seconds,
            .memoryBefore: before.memory.mebibytes,
            .memoryHalfway: halfway.memory.mebibytes,
            .memoryAfter: after.memory.mebibytes,
            .databaseBefore: before.database.mebibytes,
            .databaseHalfway: halfway.database.mebibytes,
            .databaseAfter: after.database.mebibytes,
        ]
    }

    /// Of the usual budget.
    private var most: Int { source == .manyAddresses ? InvoiceLimits().open : InvoiceLimits().perClient }

    private func request(_ number: Int) -> String {
        let path = source == .oneOffer ? "/r0" : "/r\(number % FloodedGateway.routeCount)?number=\(number)"
        var lines = ["GET \(path) HTTP/1.1", "Host: 127.0.0.1"]
        if source != .oneOffer {
            let wantsPage = number % 10 == 0
            lines += ["User-Agent: flood/\(number)", "Accept: \(wantsPage ? "text/html" : "*/*")"]
        }
        if source == .manyAddresses {
            lines.append("X-Forwarded-For: 10.\(number >> 16).\(number >> 8 & 0xFF).\(number & 0xFF)")
        }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }
}
