/// What one stage leaves in an exchange and another one reads. The request, its body, the client and the route are known
/// from the beginning, and are none of these.
public enum StageInput: String, Sendable, Hashable, CaseIterable {
    /// `Exchange.credential`, its rejection, and the schemes that can make an offer.
    case credential
    /// That the caveats of the credential hold.
    case caveats
    /// What the request costs, and that it is paid for.
    case price
}
