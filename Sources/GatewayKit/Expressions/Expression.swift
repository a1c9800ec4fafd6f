/// A condition or a value in a policy, in a subset of the Common Expression Language (CEL).
///
/// Read, checked and made small once, when the policy is read; from then on it is a value. It has an answer for every
/// request, within a bounded number of steps: what cannot be answered fails, and says why. What a failure means is up to the
/// place that asks, which is never less strict than a "no".
public struct Expression: Sendable {
    /// As the policy writes it.
    public let text: String
    /// What it asks about.
    package let reads: Set<ExpressionVariable>
    /// True when it asks about header fields whose names it does not write.
    package let readsAnyField: Bool
    private let program: ExpressionProgram
    private let time: TimeSource

    package init(_ text: String, in scope: ExpressionScope, time: TimeSource) throws(ExpressionMistake) {
        let syntax = try ExpressionParser.parse(text)
        var compiler = ExpressionCompiler(scope)
        program = try compiler.compile(syntax)
        reads = compiler.reads
        readsAnyField = compiler.readsAnyField
        self.text = text
        self.time = time
    }

    /// True when it asks about the body, which has to be read first: `Exchange.readJSON(upTo:)`.
    public var readsBody: Bool { reads.contains(.json) }

    /// The header fields that it asks about by their names.
    package var readFields: [FieldName] { program.fields }

    /// Whether it holds. To be called on the exchange's event loop.
    public func holds(for input: ExpressionInput) -> Result<Bool, ExpressionFailure> {
        do throws(ExpressionFailure) {
            guard case .bool(let flag) = try value(for: input) else { throw ExpressionFailure(.type, at: 0) }
            return .success(flag)
        } catch {
            return .failure(error)
        }
    }

    /// The text, number or address that it gives, as a text. To be called on the exchange's event loop.
    public func text(for input: ExpressionInput) -> Result<String, ExpressionFailure> {
        do throws(ExpressionFailure) {
            switch try value(for: input) {
            case .text(let text): return .success(text.string)
            case .int(let number): return .success(String(number))
            case .address(let address): return .success(address.description)
            default: throw ExpressionFailure(.type, at: 0)
            }
        } catch {
            return .failure(error)
        }
    }

    package func value(for input: ExpressionInput) throws(ExpressionFailure) -> ExpressionValue {
        var input = input
        if reads.contains(.time) {
            input.time = time.now()
        }
        var evaluator = ExpressionEvaluator(program, input)
        return try evaluator.value()
    }
}

extension Expression: CustomStringConvertible {
    /// On one line.
    public var description: String {
        text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
    }
}
