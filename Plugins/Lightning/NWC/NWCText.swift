internal import GatewayKit

/// The JSON in which a wallet and this gateway speak.
enum NWCText {
    static func json(_ text: String) throws(NostrFailure) -> JSONValue {
        var text = text
        let read: JSONValue? = text.withUTF8 { try? JSONReader.read(UnsafeRawBufferPointer($0)) }
        guard let read, read.isObject else { throw NostrFailure("what the wallet said is no JSON object") }
        return read
    }

    static func request(_ method: NWCMethod, _ parameters: [JSONValue.Member]) -> String {
        JSONValue.object([
            .init("method", .string(method.rawValue)), .init("params", .object(parameters)),
        ]).canonical
    }

    /// A whole number that is not negative; `nil` for anything else, and beyond 2^53, where doubles are not exact.
    static func count(_ json: JSONValue?) -> UInt64? {
        guard case .number(let number) = json, number <= 9_007_199_254_740_992 else { return nil }
        return UInt64(exactly: number)
    }

    /// Seconds since 1970; `nil` where there are none, which some wallets write as zero.
    static func time(_ json: JSONValue?) -> WallTime? {
        count(json).flatMap { $0 > 0 ? WallTime(seconds: Int64($0)) : nil }
    }
}
