internal import HTTPTypes
internal import NIOCore

/// What expressions read of a request.
extension ExpressionEvaluator {
    private var head: RequestHead? {
        switch input.subject {
        case .nothing: nil
        case .head(let head): head
        case .exchange(let exchange): exchange.request
        }
    }

    private var exchange: Exchange? {
        guard case .exchange(let exchange) = input.subject else { return nil }
        return exchange
    }

    mutating func value(of variable: ExpressionVariable, at node: Int32) throws(ExpressionFailure) -> ExpressionValue {
        guard let value = try known(variable, at: node) else { throw failure(.absent, at: node) }
        return value
    }

    private func known(_ variable: ExpressionVariable, at node: Int32) throws(ExpressionFailure) -> ExpressionValue? {
        switch variable {
        case .method: head.map { .text($0.method.rawValue) }
        case .path: head.map { .text(.bytes($0.pathBytes)) }
        case .host: head.map { .text(.bytes(Self.host(in: $0.authorityBytes))) }
        case .scheme: head.map { .text($0.scheme) }
        case .query: .query
        case .headers: .headers
        case .size: size.map { .int($0) }
        case .time: input.time.map { .timestamp(ExpressionTime($0)) }
        case .json: try json(at: node)
        case .address: exchange?.client.address.map { .address($0) }
        case .credentialScheme: (exchange?.credential?.scheme).map { .text($0) }
        case .credentialIsPaid: .bool(exchange.map { $0.credential != nil && $0.uncheckedRejection == nil } ?? false)
        case .route: (exchange?.route.name).map { .text($0) }
        case .service: (exchange?.route.service).map { .text($0) }
        case .caveatValue: (input.caveat?.value).map { .text($0) }
        case .caveatList: (input.caveat?.value).map { .commaList(.string($0)) }
        case .earlierValue: (input.earlier?.value).map { .text($0) }
        case .earlierList: (input.earlier?.value).map { .commaList(.string($0)) }
        }
    }

    func isPresent(_ variable: ExpressionVariable) -> Bool {
        switch variable {
        case .size: size != nil
        case .json: exchange?[RequestJSON.self]?.value != nil
        case .address: exchange?.client.address != nil
        case .credentialScheme: exchange?.credential != nil
        default: true
        }
    }

    private var size: Int64? {
        switch head?.body {
        case .none?: 0
        case .length(let length)?: Int64(clamping: length)
        case .unknownLength?, nil: nil
        }
    }

    private func json(at node: Int32) throws(ExpressionFailure) -> ExpressionValue {
        guard let value = exchange?[RequestJSON.self]?.value else { throw failure(.body, at: node) }
        return ExpressionValue(value)
    }

    /// Without the port, the brackets of an IPv6 address and the dot that may end a name.
    private static func host(in authority: ByteBuffer) -> ByteBuffer {
        let bytes = authority.readableBytesView
        var range = bytes.startIndex..<bytes.endIndex
        if bytes.first == UInt8(ascii: "[") {
            let end = bytes.firstIndex(of: UInt8(ascii: "]")) ?? bytes.endIndex
            range = bytes.startIndex + 1..<max(end, bytes.startIndex + 1)
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            range = bytes.startIndex..<colon
        }
        if let last = bytes[range].last, last == UInt8(ascii: ".") {
            range = range.lowerBound..<range.upperBound - 1
        }
        return authority.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    // MARK: Header fields

    func hasField(_ name: FieldName) -> Bool {
        switch input.subject {
        case .nothing: false
        case .head(let head): head.fields.contains(name)
        case .exchange(let exchange): exchange.request.fields.contains(name)
        }
    }

    /// Of several lines, all values with a comma between them (RFC 9110 §5.3).
    func field(_ name: FieldName) -> ExpressionText? {
        switch input.subject {
        case .nothing: nil
        case .head(let head): Self.field(name, in: head.fields)
        case .exchange(let exchange): Self.field(name, in: exchange.request.fields)
        }
    }

    private static func field(_ name: FieldName, in fields: Fields) -> ExpressionText? {
        var text: ExpressionText?
        for index in fields.lines.indices where fields.matches(index, name) {
            let value = ExpressionText.bytes(fields.valueBytes(at: index))
            // Cookies are the exception (RFC 9113 §8.2.3).
            let separator = name.known == .cookie ? "; " : ", "
            text = text?.joined(with: .string(separator)).joined(with: value) ?? value
        }
        return text
    }

    // MARK: Parameters of the query

    /// The value of the parameter; `nil` when there is none. One that stands twice, in another case of letters or behind a
    /// `;` is ambiguous: services read what they like.
    mutating func parameter(_ name: ExpressionText, at node: Int32) throws(ExpressionFailure) -> ExpressionText? {
        guard let query = head?.queryBytes, query.readableBytes > 1 else { return nil }
        try spend(bytes: query.readableBytes * 4, at: node)
        var found: ExpressionText?
        var start = query.readerIndex + 1
        while start <= query.writerIndex {
            let rest = query.getSlice(at: start, length: query.writerIndex - start) ?? ByteBuffer()
            let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "&")).map { $0 - rest.readerIndex }
            let pair = rest.getSlice(at: rest.readerIndex, length: end ?? rest.readableBytes) ?? ByteBuffer()
            start += (end ?? rest.readableBytes) + 1
            guard !Self.isHidden(name, in: pair) else { throw failure(.ambiguous, at: node) }
            let equals = pair.readableBytesView.firstIndex(of: UInt8(ascii: "="))
            let nameEnd = equals ?? pair.writerIndex
            guard let key = Self.decoded(pair.getSlice(at: pair.readerIndex, length: nameEnd - pair.readerIndex)) else {
                throw failure(.conversion, at: node)
            }
            guard key.isSpelling(of: name) else { continue }
            guard found == nil, key == name else { throw failure(.ambiguous, at: node) }
            let valueStart = equals.map { $0 + 1 } ?? pair.writerIndex
            guard let value = Self.decoded(pair.getSlice(at: valueStart, length: pair.writerIndex - valueStart)) else {
                throw failure(.conversion, at: node)
            }
            found = value
        }
        return found
    }

    /// True where the parameter stands behind a `;`, which some services take for an `&` (HTML 4.01, B.2.2).
    private static func isHidden(_ name: ExpressionText, in pair: ByteBuffer) -> Bool {
        let bytes = pair.readableBytesView
        guard bytes.contains(UInt8(ascii: ";")) else { return false }
        let parts = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        return parts.dropFirst().contains { part in
            decoded(ByteBuffer(bytes: part.prefix { $0 != UInt8(ascii: "=") }))?.isSpelling(of: name) == true
        }
    }

    /// `nil` for a percent sign without two digits behind it.
    private static func decoded(_ slice: ByteBuffer?) -> ExpressionText? {
        guard let slice else { return .string("") }
        let view = slice.readableBytesView
        guard view.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return .bytes(slice) }
        var result = ByteBuffer()
        result.reserveCapacity(view.count)
        var index = view.startIndex
        while index < view.endIndex {
            switch view[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < view.endIndex, let high = ASCII.hexValue(view[index + 1]),
                    let low = ASCII.hexValue(view[index + 2])
                else { return nil }
                result.writeInteger(high << 4 | low)
                index += 3
            case UInt8(ascii: "+"):
                result.writeInteger(UInt8(ascii: " "))
                index += 1
            default:
                result.writeInteger(view[index])
                index += 1
            }
        }
        return .bytes(result)
    }
}
