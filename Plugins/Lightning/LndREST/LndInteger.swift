/// A 64-bit integer in lnd's JSON: written as a string, read as a string or a number (protobuf's JSON mapping).
struct LndInteger: Hashable, Codable {
    let value: UInt64

    init(_ value: some BinaryInteger) {
        self.value = UInt64(clamping: value)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(UInt64.self) {
            self.value = value
            return
        }
        guard let value = UInt64(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "should be a whole number, not negative"
            )
        }
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(value))
    }
}
