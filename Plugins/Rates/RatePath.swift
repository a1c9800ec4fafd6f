package import GatewayKit

/// Where in an answer the rate stands: the names of members and the numbers of items, with points between them:
/// `result.XXBTZUSD.c.0`. `{currency}` stands for `usd` and `{CURRENCY}` for `USD`.
package struct RatePath: Sendable, Hashable {
    static let form = "where the rate stands in the answer, such as data.amount or result.0.last"
    private static let longest = 256

    private let steps: [String]

    package init?(parsing text: String) {
        let steps = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.longest, steps.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.steps = steps
    }

    var namesCurrency: Bool { steps.contains { $0.contains("{currency}") || $0.contains("{CURRENCY}") } }

    /// What one bitcoin costs by an answer: a number, or a text that is one.
    ///
    /// Numbers of JSON are doubles (RFC 7493), which are exact to 15 digits.
    ///
    /// - Throws: `UnreadableRate`, for whatever the bytes are.
    package func rate(in answer: [UInt8], for currency: Currency) throws(UnreadableRate) -> ExactDecimal {
        var value = try Self.value(of: answer)
        for step in steps {
            let name = step.replacing("{currency}", with: currency.code.lowercased())
                .replacing("{CURRENCY}", with: currency.code)
            switch value {
            case .object:
                guard let member = value[name] else { throw UnreadableRate("its answer has no '\(name)'") }
                value = member
            case .array(let items):
                guard let index = Int(name), items.indices.contains(index) else {
                    throw UnreadableRate("its answer has no item '\(name)'")
                }
                value = items[index]
            case .null, .bool, .number, .string:
                throw UnreadableRate("its answer ends before '\(name)'")
            }
        }
        let number: ExactDecimal? =
            switch value {
            case .number(let number): ExactDecimal(parsingNumber: number.description)
            case .string(let text): ExactDecimal(parsingNumber: text)
            case .null, .bool, .array, .object: nil
            }
        guard let number, !number.isZero else { throw UnreadableRate("its answer holds no rate there") }
        return number
    }

    private static func value(of answer: [UInt8]) throws(UnreadableRate) -> JSONValue {
        let result: Result<JSONValue, UnreadableRate> = answer.withUnsafeBytes { bytes in
            do throws(MalformedJSON) {
                return .success(try JSONReader.read(bytes))
            } catch {
                return .failure(UnreadableRate("its answer is no JSON: \(error)"))
            }
        }
        return try result.get()
    }
}

/// Why an answer tells no rate. Holds nothing of the answer.
package struct UnreadableRate: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
