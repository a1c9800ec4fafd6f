/// What stages have learned about an exchange and changed in it, so that it can be put aside and compared.
package struct ExchangeLearning {
    package var credential: Credential?
    package var recogniser: (any AuthScheme)?
    package var isRedeemed = false
    package var caveatsHold = false
    package var rejection: Rejection?
    package var schemes: [any AuthScheme] = []
    var edits = RequestEdits()
    var bodyLimit: ByteCount?
    var responseWatch: (any ResponseWatch)?
    var responseFilter: (any ResponseFilter)?

    init() {}

    /// What is different now, in a few words each. Holds no credential.
    func changes(since earlier: ExchangeLearning) -> [String] {
        var changes = [String]()
        if let credential, credential !== earlier.credential {
            changes.append("recognised a credential of '\(credential.scheme)'")
        }
        if let rejection = rejection(since: earlier) {
            changes.append("rejected the credential: \(rejection)")
        } else if credential == nil, rejection == nil, earlier.credential != nil || earlier.rejection != nil {
            changes.append("the credential counts for nothing here")
        }
        if caveatsHold, !earlier.caveatsHold { changes.append("every caveat holds") }
        if isRedeemed, !earlier.isRedeemed { changes.append("took the payment") }
        return changes
    }

    /// The names of what is not the same. Of what has no identity, that it is there.
    package func differences(from earlier: ExchangeLearning) -> [String] {
        let same: [(name: String, isSame: Bool)] = [
            ("credential", credential === earlier.credential),
            ("recogniser", (recogniser == nil) == (earlier.recogniser == nil)),
            ("isRedeemed", isRedeemed == earlier.isRedeemed),
            ("caveatsHold", caveatsHold == earlier.caveatsHold),
            ("rejection", rejection == earlier.rejection),
            ("schemes", schemes.count == earlier.schemes.count),
            ("edits", "\(edits)" == "\(earlier.edits)"),
            ("bodyLimit", bodyLimit == earlier.bodyLimit),
            ("responseWatch", responseWatch === earlier.responseWatch),
            ("responseFilter", responseFilter === earlier.responseFilter),
        ]
        return same.filter { !$0.isSame }.map(\.name)
    }

    /// Why a credential has been rejected meanwhile: the word of the reason, and a sentence.
    func rejection(since earlier: ExchangeLearning) -> String? {
        guard let rejection, rejection != earlier.rejection else { return nil }
        return "\(rejection.reason.rawValue): \(rejection.detail)"
    }
}

extension Exchange {
    package var learning: ExchangeLearning {
        get {
            var learning = ExchangeLearning()
            learning.credential = credential
            learning.recogniser = recogniser
            learning.isRedeemed = isRedeemed
            learning.caveatsHold = caveatsHold
            learning.rejection = rejection
            learning.schemes = schemes
            learning.edits = edits
            learning.bodyLimit = bodyLimit
            learning.responseWatch = responseWatch
            learning.responseFilter = responseFilter
            return learning
        }
        set {
            credential = newValue.credential
            recogniser = newValue.recogniser
            isRedeemed = newValue.isRedeemed
            caveatsHold = newValue.caveatsHold
            rejection = newValue.rejection
            schemes = newValue.schemes
            edits = newValue.edits
            bodyLimit = newValue.bodyLimit
            responseWatch = newValue.responseWatch
            responseFilter = newValue.responseFilter
        }
    }
}
