/// What it costs to ask a price server for a request, which turns out to be free: beside a price that is known, and with the
/// server's answer kept.
struct PriceScenario: Scenario {
    enum Asking: CaseIterable {
        /// The policy says the price.
        case never
        case each, kept
    }

    let asking: Asking
    private var server: FreePriceServer?

    init(_ asking: Asking) {
        self.asking = asking
    }

    static let all = Asking.allCases.map { PriceScenario($0) }

    var title: String {
        let price =
            switch asking {
            case .never: "a price in the policy"
            case .each: "a price asked of a server each time"
            case .kept: "a price asked of a server and kept"
            }
        return "HTTP/1.1, 64 connections, \(price)"
    }

    var programs: [Program] { [.sluice] }

    mutating func prepare(on bench: Workbench) throws {
        guard asking != .never else { return }
        server = try FreePriceServer()
    }

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        var duty = Duty()
        switch (asking, server) {
        case (.never, _), (_, nil): duty.price = "0 sat"
        case (.each, let server?): duty.price = "{ use: grpc, address: 127.0.0.1:\(server.port) }"
        case (.kept, let server?): duty.price = "{ use: grpc, address: 127.0.0.1:\(server.port), cache: 1h }"
        }
        return try LoadScenario(title: title, load: WrkLoad(), duty: duty).measure(program, on: bench)
    }
}
