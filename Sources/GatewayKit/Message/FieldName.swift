/// The name of a header field: compared in any case of letters, written in lower case.
public struct FieldName: Hashable, Sendable {
    public let known: KnownField
    /// In lower case.
    public let text: String

    public init(_ known: KnownField) {
        self.known = known
        text = known.name
    }

    /// `nil` unless it is a token of RFC 9110 §5.6.2.
    public init?(_ text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy(ASCII.isTokenByte) else { return nil }
        var name = String(text).lowercased()
        known = name.withUTF8 { KnownField(name: UnsafeRawBufferPointer($0)) }
        self.text = name
    }

    public static func == (left: FieldName, right: FieldName) -> Bool {
        left.known == right.known && (left.known != .other || left.text == right.text)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(known)
        if known == .other {
            hasher.combine(text)
        }
    }

    public static let accept = FieldName(.accept)
    public static let acceptPayment = FieldName(.acceptPayment)
    public static let allow = FieldName(.allow)
    public static let authorization = FieldName(.authorization)
    public static let cacheControl = FieldName(.cacheControl)
    public static let connection = FieldName(.connection)
    public static let contentLength = FieldName(.contentLength)
    public static let contentType = FieldName(.contentType)
    public static let expect = FieldName(.expect)
    public static let grpcMetadataMacaroon = FieldName(.grpcMetadataMacaroon)
    public static let grpcMessage = FieldName(.grpcMessage)
    public static let grpcStatus = FieldName(.grpcStatus)
    public static let host = FieldName(.host)
    public static let idempotencyKey = FieldName(.idempotencyKey)
    public static let macaroon = FieldName(.macaroon)
    public static let paymentAuthorization = FieldName(.paymentAuthorization)
    public static let paymentReceipt = FieldName(.paymentReceipt)
    public static let paymentSessionSecret = FieldName(.paymentSessionSecret)
    /// Of every refusal: the id by which its operator finds out why (`sluice explain <id>`).
    public static let decision = FieldName(.sluiceDecision)
    public static let retryAfter = FieldName(.retryAfter)
    public static let wwwAuthenticate = FieldName(.wwwAuthenticate)
}

extension FieldName: CustomStringConvertible {
    public var description: String { text }
}
