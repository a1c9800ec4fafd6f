import GatewayKit

/// One test of the conformance data of CEL (google/cel-spec, tests/simple/testdata).
struct ConformanceTest {
    enum Outcome: Equatable {
        case passed
        /// Not part of the language here; says why.
        case refused(String)
        case wrong(String)
    }

    let section: String
    let name: String
    let expression: String
    private let test: TextProto

    init(_ test: TextProto, section: String) {
        self.test = test
        self.section = section
        name = test.text("name") ?? ""
        expression = test.text("expr") ?? ""
    }

    static func all(in file: TextProto) -> [ConformanceTest] {
        file.messages("section").flatMap { section in
            section.messages("test").map { ConformanceTest($0, section: section.text("name") ?? "") }
        }
    }

    func outcome() -> Outcome {
        guard test.messages("type_env").isEmpty, test.messages("bindings").isEmpty else {
            return .refused("variables of its own")
        }
        let expected = test.message("value") ?? test.message("typed_result")?.message("result")
        let failsByDesign = test.message("eval_error") != nil || test.message("any_eval_errors") != nil
        do throws(ExpressionMistake) {
            let expression = try Expression(expression, in: .literals, time: .system)
            do throws(ExpressionFailure) {
                let value = try expression.value(for: .nothing)
                if failsByDesign { return .wrong("gave \(value) and should fail") }
                guard let expected else { return Self.isTrue(value) ? .passed : .wrong("gave \(value), not true") }
                return Self.isSame(value, expected) ? .passed : .wrong("gave \(value), not \(expected.fields)")
            } catch {
                return failsByDesign ? .passed : .wrong("failed: \(error)")
            }
        } catch {
            return failsByDesign ? .passed : .refused(error.message)
        }
    }

    private static func isTrue(_ value: ExpressionValue) -> Bool {
        guard case .bool(true) = value else { return false }
        return true
    }

    private static func isSame(_ value: ExpressionValue, _ expected: TextProto) -> Bool {
        guard let (kind, content) = expected.first else { return false }
        let text = expected.text(kind)
        switch (kind, value) {
        case ("null_value", .null): return true
        case ("bool_value", .bool(let flag)): return text == String(flag)
        case ("int64_value", .int(let number)): return text.flatMap { Int64($0) } == number
        case ("uint64_value", .uint(let number)): return text.flatMap { UInt64($0) } == number
        case ("double_value", .double(let number)):
            guard let text else { return false }
            return number.isNaN ? text.lowercased() == "nan" : Double(text) == number
        case ("string_value", .text(let string)): return text == string.string
        case ("list_value", .list(let items)):
            guard case .message(let list) = content else { return false }
            let values = list.messages("values")
            return values.count == items.count && zip(items, values).allSatisfy(isSame)
        case ("map_value", .map(let entries)):
            guard case .message(let map) = content else { return false }
            let wanted = map.messages("entries")
            return wanted.count == entries.count
                && wanted.allSatisfy { want in
                    entries.contains { entry in
                        want.message("key").map { isSame(entry.key, $0) } == true
                            && want.message("value").map { isSame(entry.value, $0) } == true
                    }
                }
        case ("object_value", .timestamp(let time)), ("object_value", .duration(let time)):
            guard case .message(let object) = content, case .message(let fields)? = object.first?.value else {
                return false
            }
            // Durations below zero have both parts below zero there.
            let seconds = fields.text("seconds").flatMap { Int64($0) } ?? 0
            let nanoseconds = fields.text("nanos").flatMap { Int64($0) } ?? 0
            return Int128(time.seconds) * 1_000_000_000 + Int128(time.nanoseconds)
                == Int128(seconds) * 1_000_000_000 + Int128(nanoseconds)
        default: return false
        }
    }
}
