import Foundation
import GatewayKit
import Testing

/// Runs CEL's own conformance tests where they are at hand: `SLUICE_CEL_TESTDATA=…/cel-spec/tests/simple/testdata`, a
/// checkout of google/cel-spec.
struct PublishedConformanceTests {
    private static let folder = ProcessInfo.processInfo.environment["SLUICE_CEL_TESTDATA"]

    /// Files of which at least so many tests are about the language as it is here.
    private static let subset = [
        ("basic", 34), ("comparisons", 300), ("conversions", 73), ("fields", 45), ("fp_math", 30), ("integer_math", 64),
        ("lists", 39), ("logic", 25), ("macros", 32), ("network_ext", 60), ("parse", 111), ("string", 36),
        ("timestamps", 68),
    ]

    @Test(.enabled(if: folder != nil), arguments: subset)
    func `what the published tests expect is given or refused, and never something else`(
        _ name: String,
        _ least: Int
    ) throws {
        let path = "\(Self.folder ?? "")/\(name).textproto"
        let file = try TextProto(reading: String(contentsOfFile: path, encoding: .utf8))
        var passed = 0
        for test in ConformanceTest.all(in: file) {
            switch test.outcome() {
            case .passed: passed += 1
            case .refused: break
            case .wrong(let reason): Issue.record("\(test.section)/\(test.name): \(test.expression): \(reason)")
            }
        }
        #expect(passed >= least)
    }
}
