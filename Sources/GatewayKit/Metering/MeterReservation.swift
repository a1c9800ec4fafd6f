/// What is reserved for one request. A row of the store from before the request is forwarded until it is settled.
public struct MeterReservation: Hashable, Sendable {
    public let id: Bytes32
    /// The name of the meter that is told what came of it.
    public let meter: String
    public let account: MeterAccount
    /// What was reserved, as the meter said it (`MeterGrant.reserved`).
    public let reserved: UInt64
    public let note: [UInt8]
    public let service: String
    /// The path of the request, in its normal form.
    public let path: String
    public let madeAt: WallTime
    /// Where the request was, for the books.
    public let route: String
    /// By what it was let through, for the books; `nil` where nobody knows.
    public let credential: CredentialID?

    public init(
        id: Bytes32 = .random(),
        meter: String,
        account: MeterAccount,
        reserved: UInt64,
        note: [UInt8] = [],
        service: String,
        path: String,
        madeAt: WallTime,
        route: String = "",
        credential: CredentialID? = nil
    ) {
        self.id = id
        self.meter = meter
        self.account = account
        self.reserved = reserved
        self.note = note
        self.service = service
        self.path = path
        self.madeAt = madeAt
        self.route = route
        self.credential = credential
    }
}
