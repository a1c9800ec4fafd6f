internal import GatewayKit
internal import HTTPTypes

/// The one credential of the `Payment` scheme that a request carries, in a field or in the call that its body is.
struct PresentedCredential {
    let credential: PaymentCredential
    /// `nil`: `Authorization`, or none.
    let field: String?

    private static let scheme = Array("payment".utf8)

    private static func isOurs(_ name: UnsafeRawBufferPointer) -> Bool {
        ASCII.equalIgnoringCase(name, scheme)
    }

    /// True when a credential stands in the value of a field, whether it can be read or not. Costs no allocation.
    static func stands(in value: UnsafeRawBufferPointer) -> Bool {
        var finder = CredentialFinder(value)
        return finder.next(of: isOurs) != nil
    }

    /// The challenge's id, where it has the length of one: it stands in answers.
    var id: String? {
        let id = credential.challenge.id
        return id.utf8.count <= 64 ? id : nil
    }

    /// `nil` when there is none.
    ///
    /// - Throws: `Rejection` when there are several, or one that cannot be read.
    init?(in exchange: Exchange) throws {
        let request = exchange.request
        let call = exchange[JSONRPCCall.self]
        var found: (line: Int, token: Range<Int>)?
        var count = 0
        for line in request.fields.lines.indices {
            let known = request.fields.lines[line].known
            guard known == .authorization || known == .paymentAuthorization else { continue }
            request.fields.withValue(at: line) { value in
                var finder = CredentialFinder(value)
                while let finding = finder.next(of: Self.isOurs) {
                    count += 1
                    found = (line, finding.token)
                }
            }
        }
        count += call?.credentials.count ?? 0
        guard count > 0 else { return nil }
        guard count == 1 else {
            throw PaymentProblem.badRequest.rejection("the request carries several Payment credentials")
        }
        guard let found else {
            guard let object = call?.credentials.first else { return nil }
            field = nil
            do throws(MalformedPayment) {
                credential = try PaymentCredential(object: object)
            } catch {
                // Asking again would not mend it: no offer is made.
                throw PaymentProblem.malformedCredential.rejection(
                    "the credential cannot be read: \(error)",
                    status: .badRequest
                )
            }
            return
        }
        field =
            request.fields.lines[found.line].known == .paymentAuthorization ? PaymentChallenge.otherField : nil
        do {
            credential = try request.fields.withValue(at: found.line) { value throws(MalformedPayment) in
                try PaymentCredential(token: UnsafeRawBufferPointer(rebasing: value[found.token]))
            }
        } catch {
            throw PaymentProblem.malformedCredential.rejection("the credential cannot be read: \(error)")
        }
    }
}
