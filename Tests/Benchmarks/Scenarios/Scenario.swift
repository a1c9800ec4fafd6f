/// One thing that is compared.
protocol Scenario: Sendable {
    var title: String { get }
    var programs: [Program] { get }
    var goal: Goal? { get }

    /// Called once, before the first round.
    mutating func prepare(on bench: Workbench) throws

    /// Starts a program, measures it and stops it.
    ///
    /// - Throws: `BenchFailure` when the program cannot do this; the others are measured all the same.
    func measure(_ program: Program, on bench: Workbench) throws -> Sample
}

extension Scenario {
    var programs: [Program] { Program.allCases }
    var goal: Goal? { nil }
    mutating func prepare(on bench: Workbench) throws {}
}
