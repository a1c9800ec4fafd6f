internal import GatewayKit
package import GatewayPolicy

/// What became of all tests: as a test runner prints it, as JSON, and as JUnit's XML.
package struct TestReport: Sendable {
    package let results: [PolicyTestRun.Result]
    package let stages: [TestCoverage.Stage]
    /// The names of routes that no test has reached.
    package let unreached: [String]

    package init(_ results: [PolicyTestRun.Result], coverage: TestCoverage, of plan: Plan) {
        self.results = results
        stages = coverage.stages(of: plan)
        unreached = coverage.unreachedRoutes(of: plan).map(\.route.name)
        routes = plan.routes.count
    }

    private let routes: Int

    package var failed: Int { results.count { !$0.failures.isEmpty } }
    private var reached: Int { stages.count(where: \.isReached) }
    private var decided: Int { stages.count(where: \.hasDecided) }

    // MARK: For people

    /// No line end at the end.
    package func text() -> String {
        var lines = [String]()
        for result in results {
            lines.append("\(result.failures.isEmpty ? "ok    " : "FAILED") \(result.test.name)")
            lines += result.failures.map { "         \($0)" }
        }
        lines.append("")
        lines.append(
            "\(results.count) \(results.count == 1 ? "test" : "tests"), \(failed) failed; reached"
                + " \(routes - unreached.count) of \(routes) routes and \(reached) of \(stages.count) stages,"
                + " of which \(decided) have decided"
        )
        lines += stages.filter { !$0.isReached }.map { "not reached: '\($0.word)' of '\($0.route)' (\($0.place))" }
        lines += stages.filter { $0.isReached && !$0.hasDecided }
            .map { "never decided: '\($0.word)' of '\($0.route)' (\($0.place))" }
        return lines.map(\.printable).joined(separator: "\n")
    }

    // MARK: For programs

    private struct Document: Encodable {
        struct Test: Encodable {
            let name: String
            let place: String
            let passed: Bool
            let failures: [String]
            let milliseconds: Double
        }

        struct Coverage: Encodable {
            let routes: Int
            let reachedRoutes: Int
            let unreachedRoutes: [String]
            let stages: [TestCoverage.Stage]
        }

        let tests: [Test]
        let failed: Int
        let coverage: Coverage
    }

    package func json() -> String {
        JSONOutput.text(
            Document(
                tests: results.map { result in
                    Document.Test(
                        name: result.test.name,
                        place: "\(result.test.place)",
                        passed: result.failures.isEmpty,
                        failures: result.failures.map { "\($0)" },
                        milliseconds: result.milliseconds
                    )
                },
                failed: failed,
                coverage: Document.Coverage(
                    routes: routes,
                    reachedRoutes: routes - unreached.count,
                    unreachedRoutes: unreached,
                    stages: stages
                )
            )
        )
    }

    /// The form that build servers read: a suite a file.
    package func junit() -> String {
        var files = [String]()
        for result in results where !files.contains(result.test.place.file) { files.append(result.test.place.file) }
        let suites = files.map { file in
            let results = results.filter { $0.test.place.file == file }
            let failures = results.count { !$0.failures.isEmpty }
            let cases = results.map(Self.testCase).joined()
            return """
                  <testsuite name="\(Self.escaped(file))" tests="\(results.count)" failures="\(failures)">
                \(cases)  </testsuite>

                """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites tests="\(results.count)" failures="\(failed)">
            \(suites.joined())</testsuites>

            """
    }

    private static func testCase(_ result: PolicyTestRun.Result) -> String {
        let place = result.test.place
        let opening =
            "    <testcase name=\"\(escaped(result.test.name))\" classname=\"\(escaped(place.file))\""
            + " file=\"\(escaped(place.file))\" line=\"\(place.line)\" time=\"\(result.milliseconds / 1_000)\""
        guard let first = result.failures.first else { return opening + "/>\n" }
        let all = result.failures.map { "\($0)" }.joined(separator: "\n")
        return opening + ">\n      <failure message=\"\(escaped(first.message))\">\(escaped(all))</failure>\n"
            + "    </testcase>\n"
    }

    /// XML 1.0 §2.2, §2.4: what markup is made of is escaped, and what may stand nowhere is replaced.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension PolicyTestRun.Result {
    /// To the tenth.
    var milliseconds: Double { (duration / .milliseconds(1) * 10).rounded() / 10 }
}
