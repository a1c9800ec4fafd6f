/// Lists and maps, wherever they come from: literals, a text with commas, the body, the head of the request.
extension ExpressionEvaluator {
    /// More are not read of a text with commas: a holder writes it.
    static var mostElements: Int { 64 }

    /// How many items a list has, or a map keys.
    mutating func count(of value: ExpressionValue, at node: Int32) throws(ExpressionFailure) -> Int {
        switch value {
        case .list(let items): return items.count
        case .map(let entries): return entries.count
        case .json(.array(let items)): return items.count
        case .json(.object(let members)): return members.count
        case .commaList(let text):
            try spend(bytes: text.byteCount, at: node)
            guard text.byteCount > 0 else { return 0 }
            var count = 0
            var start = 0
            while let (_, next) = text.commaElement(from: start) {
                count += 1
                start = next
                guard count <= Self.mostElements else { throw failure(.budget, at: node) }
            }
            return count
        default: throw failure(.type, at: node)
        }
    }

    /// An item of a list or a key of a map.
    mutating func element(
        _ index: Int,
        of value: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch value {
        case .list(let items) where items.indices.contains(index): return items[index]
        case .map(let entries) where entries.indices.contains(index): return entries[index].key
        case .json(.array(let items)) where items.indices.contains(index): return ExpressionValue(items[index])
        case .json(.object(let members)) where members.indices.contains(index): return .text(members[index].name)
        case .commaList(let text):
            try spend(bytes: text.byteCount, at: node)
            var start = 0
            var position = 0
            while text.byteCount > 0, let (range, next) = text.commaElement(from: start) {
                if position == index { return .text(text.slice(range)) }
                position += 1
                start = next
            }
            throw failure(.absent, at: node)
        case .list, .map, .json: throw failure(.absent, at: node)
        default: throw failure(.type, at: node)
        }
    }

    /// `list[0]`, `map['key']`, `request.json.key`
    mutating func item(
        _ key: ExpressionValue,
        of value: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch value {
        case .list, .commaList, .json(.array):
            return try element(try position(key, at: node), of: value, at: node)
        case .map, .json, .headers, .query:
            guard let found = try lookUp(key, in: value, at: node) else { throw failure(.absent, at: node) }
            return found
        default:
            throw failure(.type, at: node)
        }
    }

    /// Whole numbers of any kind.
    private func position(_ key: ExpressionValue, at node: Int32) throws(ExpressionFailure) -> Int {
        let index: Int? =
            switch key {
            case .int(let number): Int(exactly: number)
            case .uint(let number): Int(exactly: number)
            case .double(let number): Int(exactly: number)
            default: nil
            }
        guard let index, index >= 0 else { throw failure(key.type.isNumber ? .absent : .type, at: node) }
        return index
    }

    /// `has(map.key)`
    mutating func hasKey(
        _ key: ExpressionValue,
        _ value: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> Bool {
        switch value {
        case .map, .json(.object), .headers, .query: try lookUp(key, in: value, at: node) != nil
        default: throw failure(.type, at: node)
        }
    }

    /// `item in list`, `key in map`
    mutating func contains(
        _ value: ExpressionValue,
        _ item: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> Bool {
        switch value {
        case .map, .json(.object), .headers, .query:
            return try lookUp(item, in: value, at: node) != nil
        case .commaList(let text):
            guard case .text(let wanted) = item else { return false }
            _ = try count(of: value, at: node)
            var start = 0
            while text.byteCount > 0, let (range, next) = text.commaElement(from: start) {
                if text.isEqual(to: wanted, at: range) { return true }
                start = next
            }
            return false
        default:
            for index in 0..<(try count(of: value, at: node)) {
                try spend(1, at: node)
                if try areEqual(item, try element(index, of: value, at: node), at: node) { return true }
            }
            return false
        }
    }

    /// `nil` when the map has no such key.
    private mutating func lookUp(
        _ key: ExpressionValue,
        in map: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue? {
        switch (map, key) {
        case (.map(let entries), _):
            for entry in entries {
                try spend(1, at: node)
                if try areEqual(entry.key, key, at: node) { return entry.value }
            }
            return nil
        case (.json(.object(let members)), .text(let name)):
            return try member(name, of: members, at: node)
        case (.headers, .text(let name)):
            guard let name = FieldName(name.string) else { return nil }
            return field(name).map { .text($0) }
        case (.query, .text(let name)):
            return try parameter(name, at: node).map { .text($0) }
        case (.json(.object), _): return nil
        default: throw failure(.type, at: node)
        }
    }

    /// A member in another case of letters is ambiguous: some services would take it for this one.
    private mutating func member(
        _ name: ExpressionText,
        of members: [JSONValue.Member],
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue? {
        var found: ExpressionValue?
        try spend(members.count, at: node)
        for member in members {
            let text = ExpressionText.string(member.name)
            guard text.isSpelling(of: name) else { continue }
            guard found == nil, text == name else { throw failure(.ambiguous, at: node) }
            found = ExpressionValue(member.value)
        }
        return found
    }
}
