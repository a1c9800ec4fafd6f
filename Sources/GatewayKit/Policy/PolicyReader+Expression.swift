extension PolicyReader {
    /// An expression, read and checked; notes a mistake, with its line and column, and returns `nil` when it is none for
    /// this place.
    public mutating func expression(
        _ key: String,
        in scope: ExpressionScope,
        _ services: Services
    ) -> Expression? {
        guard let node = node(key) else {
            note(place, "'\(word)' needs '\(key)': an expression that gives \(scope.expected)")
            return nil
        }
        return expression(of: node, named: "'\(key)'", in: scope, services)
    }

    /// The same for a node that was found otherwise.
    public func expression(
        of node: PolicyNode,
        named name: String,
        in scope: ExpressionScope,
        _ services: Services
    ) -> Expression? {
        // A reference may stand for a secret, and messages about an expression show parts of it.
        guard case .text(let text) = node.content else {
            note(node.place, "\(name) should be an expression that gives \(scope.expected), not \(node.kind)")
            return nil
        }
        do throws(ExpressionMistake) {
            return try Expression(text, in: scope, time: services.time)
        } catch {
            note(node.place(ofByte: error.offset, in: text), "\(name): \(error.message)")
            return nil
        }
    }
}

extension PolicyNode {
    /// Where a byte of the text stands in the file. Of a text that is folded over several lines, as if it stood on one.
    fileprivate func place(ofByte offset: Int, in text: String) -> Place {
        let before = text.utf8.prefix(offset)
        let scalars = String(decoding: before, as: UTF8.self).unicodeScalars
        switch style {
        case .plain:
            return Place(file: place.file, line: place.line, column: place.column + scalars.count)
        case .singleQuoted:
            // A quote in quotes is written twice.
            let quotes = scalars.count { $0 == "'" }
            return Place(file: place.file, line: place.line, column: place.column + 1 + scalars.count + quotes)
        case .doubleQuoted:
            let escapes = scalars.count { "\"\\\n\t".unicodeScalars.contains($0) }
            return Place(file: place.file, line: place.line, column: place.column + 1 + scalars.count + escapes)
        case .block:
            // By how much it is indented is not known.
            return Place(file: place.file, line: place.line + 1 + scalars.count { $0 == "\n" }, column: 1)
        }
    }
}
