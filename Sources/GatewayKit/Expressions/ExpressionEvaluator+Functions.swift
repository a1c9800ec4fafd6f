/// Functions on texts and the choice of all others.
extension ExpressionEvaluator {
    mutating func call(
        _ function: ExpressionFunction,
        _ start: Int32,
        _ count: Int32,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        let first = try value(of: program.operands[Int(start)])
        let second = count > 1 ? try value(of: program.operands[Int(start) + 1]) : nil
        switch function {
        case .size:
            guard case .text(let text) = first else { return .int(Int64(try self.count(of: first, at: node))) }
            try spend(bytes: text.byteCount, at: node)
            return .int(Int64(text.scalarCount))
        case .contains, .startsWith, .endsWith, .lowerASCII, .upperASCII, .trim, .split:
            guard case .text(let text) = first else { throw failure(.type, at: node) }
            return try call(function, on: text, second, at: node)
        case .int, .uint, .double, .string, .bool, .timestamp, .duration:
            return try converted(first, by: function, at: node)
        case .dyn:
            return first
        case .fullYear, .month, .dayOfMonth, .date, .dayOfWeek, .dayOfYear, .hours, .minutes, .seconds, .milliseconds:
            return .int(try part(function, of: first, zone: second, at: node))
        case .ip, .cidr, .isIP, .isCIDR, .containsIP, .containsCIDR, .prefixLength:
            return try network(function, first, second, at: node)
        case .family, .isUnspecified, .isLoopback, .isLinkLocalUnicast, .isLinkLocalMulticast, .isGlobalUnicast:
            guard case .address(let address) = first else { throw failure(.type, at: node) }
            return try describe(address, function, at: node)
        }
    }

    private mutating func call(
        _ function: ExpressionFunction,
        on text: ExpressionText,
        _ argument: ExpressionValue?,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        try spend(bytes: text.byteCount, at: node)
        switch function {
        case .lowerASCII: return .text(text.mapped(ASCII.lowercased))
        case .upperASCII: return .text(text.mapped { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 })
        case .trim: return .text(text.trimmed)
        default: break
        }
        guard case .text(let other)? = argument else { throw failure(.type, at: node) }
        try spend(bytes: other.byteCount, at: node)
        switch function {
        case .contains:
            var work = 0
            let contains = text.contains(other, work: &work)
            try spend(bytes: work, at: node)
            return .bool(contains)
        case .startsWith: return .bool(text.starts(with: other))
        case .endsWith: return .bool(text.ends(with: other))
        default: return .list(try split(text, by: other, at: node))
        }
    }

    private mutating func split(
        _ text: ExpressionText,
        by separator: ExpressionText,
        at node: Int32
    ) throws(ExpressionFailure) -> [ExpressionValue] {
        var parts = [ExpressionValue]()
        var start = 0
        // Between nothing and nothing stands each character.
        var work = 0
        while let range = text.part(from: start, separatedBy: separator, work: &work) {
            try spend(1 + work / 64, at: node)
            work %= 64
            parts.append(.text(text.slice(range.part)))
            start = range.next
        }
        return parts
    }
}

extension ExpressionText {
    fileprivate var trimmed: ExpressionText {
        let range = withBytes { bytes in
            var range = 0..<bytes.count
            while let first = range.first, Self.isSpace(bytes[first]) { range = first + 1..<range.upperBound }
            while let last = range.last, Self.isSpace(bytes[last]) { range = range.lowerBound..<last }
            return range
        }
        let text = range.count == byteCount ? self : slice(range)
        let isASCII = text.withBytes { bytes in
            (bytes.first ?? 0) < 0x80 && (bytes.last ?? 0) < 0x80
        }
        guard !isASCII else { return text }
        var rest = text.string.unicodeScalars[...]
        while rest.first?.properties.isWhitespace == true { rest.removeFirst() }
        while rest.last?.properties.isWhitespace == true { rest.removeLast() }
        return .string(String(rest))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// What stands before the next separator, from an offset on; `nil` behind the last part.
    fileprivate func part(
        from start: Int,
        separatedBy separator: ExpressionText,
        work: inout Int
    ) -> (part: Range<Int>, next: Int)? {
        withBytes { bytes in
            separator.withBytes { wanted in
                if wanted.isEmpty {
                    guard start < bytes.count else { return nil }
                    var end = start + 1
                    while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
                    return (start..<end, end)
                }
                guard start <= bytes.count else { return nil }
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                guard let position = Self.position(of: wanted, in: rest, work: &work) else {
                    return (start..<bytes.count, .max)
                }
                return (start..<start + position, start + position + wanted.count)
            }
        }
    }
}
