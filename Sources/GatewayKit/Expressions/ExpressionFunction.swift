/// The functions of expressions: those of CEL that take a bounded time, and those for addresses of its extension
/// "network".
enum ExpressionFunction: UInt8 {
    case size, contains, startsWith, endsWith, lowerASCII, upperASCII, trim, split
    case int, uint, double, string, bool, dyn
    case timestamp, duration
    case fullYear, month, dayOfMonth, date, dayOfWeek, dayOfYear, hours, minutes, seconds, milliseconds
    case ip, cidr, isIP, isCIDR, family, isUnspecified, isLoopback, isLinkLocalUnicast, isLinkLocalMulticast,
        isGlobalUnicast
    case containsIP, containsCIDR, prefixLength

    var isPartOfTime: Bool {
        switch self {
        case .fullYear, .month, .dayOfMonth, .date, .dayOfWeek, .dayOfYear, .hours, .minutes, .seconds, .milliseconds:
            true
        default: false
        }
    }

    /// True when what it makes of a text that stands in the policy is either right or a mistake.
    var isConversion: Bool {
        switch self {
        case .int, .uint, .double, .bool, .timestamp, .duration, .ip, .cidr, .containsIP, .containsCIDR: true
        default: false
        }
    }
}

/// One way to call a function.
struct ExpressionSignature {
    let name: String
    let function: ExpressionFunction
    /// `x.f(y)`, of which `x` is the first parameter.
    let isMethod: Bool
    let parameters: [ExpressionType]
    let result: ExpressionType

    init(
        _ name: String,
        _ function: ExpressionFunction,
        method: Bool = false,
        _ parameters: [ExpressionType],
        _ result: ExpressionType
    ) {
        self.name = name
        self.function = function
        isMethod = method
        self.parameters = parameters
        self.result = result
    }

    func takes(_ types: [ExpressionType]) -> Bool {
        types.count == parameters.count && zip(types, parameters).allSatisfy { $0.mayBe($1) }
    }

    /// `size(string)`, `string.contains(string)`.
    var description: String {
        let names = parameters.map(\.plain)
        guard isMethod else { return "\(name)(\(names.joined(separator: ", ")))" }
        return "\(names[0]).\(name)(\(names.dropFirst().joined(separator: ", ")))"
    }

    static let all: [ExpressionSignature] = texts + conversions + times + networks

    private static let texts: [ExpressionSignature] =
        [false, true].flatMap { isMethod in
            [.string, .list(.dyn), .map(.dyn, .dyn)].map { type in
                ExpressionSignature("size", .size, method: isMethod, [type], .int)
            }
        } + [
            .init("contains", .contains, method: true, [.string, .string], .bool),
            .init("startsWith", .startsWith, method: true, [.string, .string], .bool),
            .init("endsWith", .endsWith, method: true, [.string, .string], .bool),
            .init("lowerAscii", .lowerASCII, method: true, [.string], .string),
            .init("upperAscii", .upperASCII, method: true, [.string], .string),
            .init("trim", .trim, method: true, [.string], .string),
            .init("split", .split, method: true, [.string, .string], .list(.string)),
        ]

    private static func conversion(
        _ name: String,
        _ function: ExpressionFunction,
        from types: [ExpressionType],
        to result: ExpressionType
    ) -> [ExpressionSignature] {
        types.map { .init(name, function, [$0], result) }
    }

    private static let conversions: [ExpressionSignature] =
        conversion("int", .int, from: [.int, .uint, .double, .string, .timestamp], to: .int)
        + conversion("uint", .uint, from: [.uint, .int, .double, .string], to: .uint)
        + conversion("double", .double, from: [.double, .int, .uint, .string], to: .double)
        + conversion("bool", .bool, from: [.bool, .string], to: .bool)
        + conversion(
            "string",
            .string,
            from: [.string, .bool, .int, .uint, .double, .timestamp, .duration, .address, .network],
            to: .string
        )
        + conversion("timestamp", .timestamp, from: [.string, .int, .timestamp], to: .timestamp)
        + conversion("duration", .duration, from: [.string, .duration], to: .duration)
        + [.init("dyn", .dyn, [.dyn], .dyn)]

    private static let times: [ExpressionSignature] =
        [
            ("getFullYear", ExpressionFunction.fullYear), ("getMonth", .month), ("getDayOfMonth", .dayOfMonth),
            ("getDate", .date), ("getDayOfWeek", .dayOfWeek), ("getDayOfYear", .dayOfYear), ("getHours", .hours),
            ("getMinutes", .minutes), ("getSeconds", .seconds), ("getMilliseconds", .milliseconds),
        ].flatMap { name, function in
            let ofTimestamp: [ExpressionSignature] = [
                .init(name, function, method: true, [.timestamp], .int),
                .init(name, function, method: true, [.timestamp, .string], .int),
            ]
            switch function {
            case .hours, .minutes, .seconds, .milliseconds:
                return ofTimestamp + [.init(name, function, method: true, [.duration], .int)]
            default:
                return ofTimestamp
            }
        }

    private static let networks: [ExpressionSignature] = [
        .init("ip", .ip, [.string], .address),
        .init("cidr", .cidr, [.string], .network),
        .init("isIP", .isIP, [.string], .bool),
        .init("isCIDR", .isCIDR, [.string], .bool),
        .init("family", .family, method: true, [.address], .int),
        .init("isUnspecified", .isUnspecified, method: true, [.address], .bool),
        .init("isLoopback", .isLoopback, method: true, [.address], .bool),
        .init("isLinkLocalUnicast", .isLinkLocalUnicast, method: true, [.address], .bool),
        .init("isLinkLocalMulticast", .isLinkLocalMulticast, method: true, [.address], .bool),
        .init("isGlobalUnicast", .isGlobalUnicast, method: true, [.address], .bool),
        .init("containsIP", .containsIP, method: true, [.network, .address], .bool),
        .init("containsIP", .containsIP, method: true, [.network, .string], .bool),
        .init("containsCIDR", .containsCIDR, method: true, [.network, .network], .bool),
        .init("containsCIDR", .containsCIDR, method: true, [.network, .string], .bool),
        .init("prefixLength", .prefixLength, method: true, [.network], .int),
    ]

    /// What CEL has and these expressions have not, and what to write in its place.
    static let leftOut: [String: String] = [
        "matches": "regular expressions are not part of expressions here; use contains, startsWith, endsWith or split",
        "map": "'map' makes a list, and lists are only asked about here: use exists, all or exists_one",
        "filter": "'filter' makes a list, and lists are only asked about here: use exists, all or exists_one",
        "type": "types are known when the policy is read; 'type' is not part of expressions here",
        "bytes": "bytes are not part of expressions here; compare strings",
    ]
}
