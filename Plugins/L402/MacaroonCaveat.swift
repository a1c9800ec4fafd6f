/// One caveat of a macaroon, as it is signed.
package struct MacaroonCaveat: Hashable, Sendable {
    package let identifier: [UInt8]
    /// What a third party's discharge is made with; `nil` for a first-party caveat.
    package let verificationID: [UInt8]?
    /// Where the third party is. Not signed.
    package let location: [UInt8]?

    package init(identifier: [UInt8], verificationID: [UInt8]? = nil, location: [UInt8]? = nil) {
        self.identifier = identifier
        self.verificationID = verificationID
        self.location = location
    }
}
