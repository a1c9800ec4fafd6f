/// A place where an expression may stand: what it may ask about there, and what it should give.
public struct ExpressionScope: Sendable {
    package let variables: [ExpressionVariable]
    let results: [ExpressionType]
    /// How messages name the results.
    let expected: String
    /// Why what is not among `variables` is not known there.
    let reason: String

    private static let head: [ExpressionVariable] = [.method, .path, .host, .scheme, .query, .headers, .size]
    private static let request: [ExpressionVariable] = head + [.time, .address, .route, .service]

    /// The `when` of a match: by the head of the request alone.
    public static let match = ExpressionScope(
        variables: head,
        results: [.bool],
        expected: "true or false",
        reason: "a route is found by the head of a request"
    )

    /// Whether a caveat permits a request. May read the body.
    public static let caveat = ExpressionScope(
        variables: request + [.json, .caveatValue, .caveatList],
        results: [.bool],
        expected: "true or false",
        reason: "the credential is still being checked"
    )

    /// Whether a later caveat permits no more than an earlier one.
    public static let narrowing = ExpressionScope(
        variables: [.caveatValue, .caveatList, .earlierValue, .earlierList],
        results: [.bool],
        expected: "true or false",
        reason: "caveats are compared with each other, whatever the request"
    )

    /// Whose bucket a request counts in.
    public static let rateLimit = ExpressionScope(
        variables: request + [.credentialScheme, .credentialIsPaid],
        results: [.string, .int, .address],
        expected: "a text, an int or an address",
        reason: "what comes too fast is refused before its body is read"
    )

    /// Whether a price is that of a request. May read the body.
    public static let price = ExpressionScope(
        variables: request + [.json, .credentialScheme, .credentialIsPaid],
        results: [.bool],
        expected: "true or false",
        reason: "a price is asked for where no credential pays"
    )

    /// Any value, of nothing but literals.
    package static let literals = ExpressionScope(
        variables: [],
        results: [.dyn],
        expected: "anything",
        reason: "there is no request"
    )
}
