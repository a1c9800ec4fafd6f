import GatewayKit
import GatewayTesting

/// What an expression gives, in short.
enum ExpressionAnswer {
    static let time = TimeSource(now: { WallTime(seconds: 1_700_000_000) }, uptime: TimeSource.system.uptime)

    /// The value as a literal, `failed: reason`, or `mistake: message`.
    static func to(
        _ text: String,
        in scope: ExpressionScope = .literals,
        _ input: ExpressionInput = .nothing
    ) -> String {
        do throws(ExpressionMistake) {
            let expression = try Expression(text, in: scope, time: time)
            do throws(ExpressionFailure) {
                return shown(try expression.value(for: input))
            } catch {
                return "failed: \(error.reason)"
            }
        } catch {
            return "mistake: \(error.message)"
        }
    }

    static func shown(_ value: ExpressionValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .int(let number): "\(number)"
        case .uint(let number): "\(number)u"
        case .double(let number): "\(number)"
        case .text(let text): "'\(text.string)'"
        case .timestamp(let time): "timestamp \(time.seconds).\(time.nanoseconds)"
        case .duration(let time): "duration \(time.seconds).\(time.nanoseconds)"
        case .address(let address): "\(address)"
        case .network(let network): "\(network)"
        case .list(let items): "[\(items.map(shown).joined(separator: ", "))]"
        case .commaList(let text): "list of '\(text.string)'"
        case .map(let entries): "{\(entries.map { "\(shown($0.key)): \(shown($0.value))" }.joined(separator: ", "))}"
        case .json: "json"
        case .headers: "headers"
        case .query: "query"
        }
    }
}
