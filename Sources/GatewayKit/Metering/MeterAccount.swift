/// What a request draws from: one payment, by whatever credential it is presented.
public struct MeterAccount: Hashable, Sendable {
    public enum Form: String, Hashable, Sendable, CaseIterable {
        /// A token that names itself.
        case token
        /// A payment that is presented itself.
        case charge
        /// A deposit, whose balance is kept in ``Store/sessions``.
        case session
    }

    public let form: Form
    /// The name by which others know it, as 64 hexadecimal digits: of a token its own id, otherwise the payment.
    public let id: Bytes32
    /// What it was bought with: one payment is one bundle, whichever offer it came by.
    public let payment: PaymentHash
    /// What of a session was taken for this request already; zero for the other forms.
    public let taken: Amount

    public init(form: Form, id: Bytes32, payment: PaymentHash, taken: Amount = .zero) {
        self.form = form
        self.id = id
        self.payment = payment
        self.taken = taken
    }
}

/// The bundle of an account's payment, where the gateway keeps its balance.
public struct MeterBundle: Hashable, Sendable {
    /// What it is worth when it is first drawn from; later ones change nothing.
    public let capacity: Amount

    public init(capacity: Amount) {
        self.capacity = capacity
    }
}
