import GatewayKit
import GatewayPricing
import Standard

extension PriceList {
    /// `small` costs a millisatoshi for a token of input and two for one of output, `large` ten times as much. A bundle is ten
    /// satoshis, and a hundred tokens are reserved.
    static var example: PriceList {
        PriceList(
            models: [
                "small": ModelRates(input: .milli(1), output: .milli(2), bundle: .sat(10), reserve: 100),
                "large": ModelRates(input: .milli(10), output: .milli(20), bundle: .sat(100), reserve: 100),
            ],
            standard: "small"
        )
    }
}

extension TokenRate {
    static func milli(_ count: UInt64) -> TokenRate { TokenRate(Amount(millisatoshis: count)) }
}

extension Amount {
    static func sat(_ count: UInt64) -> Amount { Amount(millisatoshis: count * 1_000) }

    static func msat(_ count: UInt64) -> Amount { Amount(millisatoshis: count) }
}

extension MeteredUsage.Response {
    /// A document that says what was used.
    static func used(_ input: UInt64, _ output: UInt64, status: Int = 200) -> MeteredUsage.Response {
        var response = MeteredUsage.Response()
        response.status = status
        response.contentType = "application/json"
        response.isComplete = true
        response.tail = Array(#"{"usage":{"prompt_tokens":\#(input),"completion_tokens":\#(output)}}"#.utf8)
        response.byteCount = UInt64(response.tail.count)
        return response
    }
}
