/// Names, members, and what is looked up in lists and maps.
extension ExpressionCompiler {
    mutating func selection(_ syntax: ExpressionSyntax) throws(ExpressionMistake) -> Checked {
        switch syntax.kind {
        case .name(let name):
            if let index = locals.lastIndex(where: { $0.name == name }) {
                return (try add(.local(Int32(index)), at: syntax.offset), locals[index].type)
            }
            if let variable = try named(name, at: syntax.start) {
                return try self.variable(variable, at: syntax.offset)
            }
            throw unknown(name, at: syntax.start)
        case .member(let target, let name):
            if let path = syntax.path, !isLocal(path), let variable = try named(path, at: syntax.start) {
                return try self.variable(variable, at: syntax.offset)
            }
            return try member(name, of: target, at: syntax.offset)
        default:
            return try check(syntax)
        }
    }

    private func isLocal(_ path: String) -> Bool {
        locals.contains { path == $0.name || path.hasPrefix("\($0.name).") }
    }

    /// The variable of this name; `nil` when there is none. A name that goes no further must be one.
    private func named(_ path: String, at offset: Int) throws(ExpressionMistake) -> ExpressionVariable? {
        if let variable = ExpressionVariable(rawValue: path) {
            guard scope.variables.contains(variable) else {
                throw ExpressionMistake(offset, "'\(path)' is not known here: \(scope.reason); there is \(known)")
            }
            return variable
        }
        let isPartOfOne = ExpressionVariable.allCases.contains { path.hasPrefix("\($0.rawValue).") }
        let isRoot = !path.contains(".")
        if !isPartOfOne, !isRoot { throw unknown(path, at: offset) }
        return nil
    }

    private func unknown(_ name: String, at offset: Int) -> ExpressionMistake {
        let names = scope.variables.map(\.rawValue)
        let inside = names.filter { $0.hasPrefix("\(name).") }
        guard inside.isEmpty else {
            return ExpressionMistake(offset, "'\(name)' is no value; there is \(inside.joined(separator: ", "))")
        }
        let hint = Guess.hint(for: name, among: names + locals.map(\.name))
        return ExpressionMistake(offset, "unknown name '\(name)'\(hint); there is \(known)")
    }

    private var known: String { scope.variables.map(\.rawValue).joined(separator: ", ") }

    // MARK: Looking up

    private mutating func member(
        _ name: String,
        of target: ExpressionSyntax,
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        if isVariable(target, .headers) { return try field(name, at: offset) }
        let (node, type) = try check(target)
        let result = try memberType(type, at: offset, named: name)
        let key = try constant(.text(name), at: offset)
        return try fold(.index(node, key.node), at: offset, over: [node, key.node], type: result)
    }

    private func memberType(
        _ type: ExpressionType,
        at offset: Int,
        named name: String
    ) throws(ExpressionMistake) -> ExpressionType {
        switch type {
        case .dyn: return .dyn
        case .map(let key, let value):
            guard key.mayBe(.string) else { throw ExpressionMistake(offset, "the keys of this map are no strings") }
            return value
        default: throw ExpressionMistake(offset, "\(type) has no '\(name)'")
        }
    }

    mutating func subscripted(
        _ target: ExpressionSyntax,
        by index: ExpressionSyntax,
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        if isVariable(target, .headers), case .literal(.text(let name)) = index.kind {
            return try field(name.string, at: index.offset)
        }
        let (node, type) = try check(target)
        let key = try check(index)
        let result: ExpressionType
        switch type {
        case .dyn: result = .dyn
        case .list(let element):
            guard key.type.mayBe(.int) else {
                throw ExpressionMistake(index.offset, "an item of a list is asked for by an int, not \(key.type)")
            }
            result = element
        case .map(let wanted, let value):
            guard key.type.mayBe(wanted) || key.type.isNumber && wanted.isNumber else {
                throw ExpressionMistake(index.offset, "the keys of this map are \(wanted) each, not \(key.type)")
            }
            result = value
        default: throw ExpressionMistake(offset, "\(type) has no items")
        }
        return try fold(.index(node, key.node), at: offset, over: [node, key.node], type: result)
    }

    private mutating func field(_ name: String, at offset: Int) throws(ExpressionMistake) -> Checked {
        (try add(.field(field(try fieldName(name, at: offset))), at: offset), .string)
    }

    private func fieldName(_ name: String, at offset: Int) throws(ExpressionMistake) -> FieldName {
        guard let field = FieldName(name), field.text == name else {
            throw ExpressionMistake(
                offset,
                "the names of header fields are in lower case: '\(FieldName(name)?.text ?? "x-plan")', not '\(name)'"
            )
        }
        return field
    }

    /// True for the variable itself, which no local name hides.
    private func isVariable(_ syntax: ExpressionSyntax, _ variable: ExpressionVariable) -> Bool {
        syntax.path == variable.rawValue && !isLocal(variable.rawValue) && scope.variables.contains(variable)
    }

    // MARK: Presence

    /// `has(a.b)`
    mutating func presence(_ arguments: [ExpressionSyntax], at offset: Int) throws(ExpressionMistake) -> Checked {
        guard arguments.count == 1, case .member(let target, let name) = arguments[0].kind else {
            throw ExpressionMistake(
                offset,
                "'has' takes a member such as request.json.model; ask for a header with 'x-plan' in request.headers"
            )
        }
        let place = arguments[0].start
        if isVariable(target, .headers) {
            return (try add(.hasField(field(try fieldName(name, at: arguments[0].offset))), at: place), .bool)
        }
        if let path = arguments[0].path, !isLocal(path), let variable = try named(path, at: place) {
            guard variable.mayBeAbsent else { throw ExpressionMistake(place, "'\(path)' is always there") }
            return try presence(of: variable, at: place)
        }
        let (node, type) = try check(target)
        _ = try memberType(type, at: place, named: name)
        let key = try constant(.text(name), at: place)
        return try fold(.has(node, key.node), at: offset, over: [node, key.node], type: .bool)
    }

    /// `x in list`, `key in map`
    mutating func membership(
        _ item: ExpressionSyntax,
        in collection: ExpressionSyntax,
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        if isVariable(collection, .headers), case .literal(.text(let name)) = item.kind {
            return (try add(.hasField(field(try fieldName(name.string, at: item.offset))), at: offset), .bool)
        }
        let left = try check(item)
        let right = try check(collection)
        switch right.type {
        case .dyn: break
        case .list(let element), .map(let element, _):
            guard left.type.mayBe(element) || left.type.isNumber && element.isNumber else {
                throw ExpressionMistake(offset, "\(left.type) is never 'in' \(right.type.withKeys)")
            }
        default:
            throw ExpressionMistake(offset, "'in' looks in a list or among the keys of a map, not in \(right.type)")
        }
        return try fold(.isIn(left.node, right.node), at: offset, over: [left.node, right.node], type: .bool)
    }
}

extension ExpressionType {
    fileprivate var withKeys: String {
        guard case .map(let key, _) = self else { return description }
        return "a map whose keys are \(key) each"
    }
}
