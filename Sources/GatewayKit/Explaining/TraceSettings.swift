/// How an operator asks a running gateway why it answers a request as it does: a field of the request with a token.
package struct TraceSettings: Sendable {
    /// Never forwarded.
    package let field: FieldName
    private let token: Secret

    /// Shorter ones could be guessed, longer ones are no token.
    package static let tokenLength = 16...256

    package init(field: FieldName, token: Secret) {
        self.field = field
        self.token = token
    }

    /// Whether a request presents the token. Takes as long for every wrong one of the same length.
    package func admits(_ request: RequestHead) -> Bool {
        for index in request.fields.indices(of: field) {
            return request.fields.withValue(at: index) { isToken($0) }
        }
        return false
    }

    private func isToken(_ presented: UnsafeRawBufferPointer) -> Bool {
        let token = token.text.utf8
        guard presented.count <= Self.tokenLength.upperBound, presented.count == token.count else { return false }
        var difference: UInt8 = 0
        for (wanted, byte) in zip(token, presented) {
            difference |= wanted ^ byte
        }
        return difference == 0
    }
}
