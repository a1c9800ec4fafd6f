internal import Crypto
package import GatewayKit

/// One charge as its page and the page's browser know it. The page's key and the cookie that it gets have the same form;
/// what their proofs are derived for differs, so that one is never taken for the other. See "A page proves itself with what
/// only it was told" among the decisions.
package struct ChargePage: Hashable, Sendable {
    /// What a proof is for.
    package enum Purpose: String {
        case key = "page secret"
        case pass = "page proof"
    }

    package let challengeID: String
    package let payment: PaymentHash
    /// When what is paid for ends.
    package let end: WallTime
    /// As in the challenge: what is sold.
    package let opaque: String

    package init(challengeID: String, payment: PaymentHash, end: WallTime, opaque: String) {
        self.challengeID = challengeID
        self.payment = payment
        self.end = end
        self.opaque = opaque
    }

    fileprivate var text: String { "\(challengeID).\(payment).\(end.seconds).\(opaque)" }

    /// Without its proof.
    fileprivate init?(_ text: Substring) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, let hash = Bytes32(hex: parts[1]), let end = Int64(parts[2]) else { return nil }
        self.init(
            challengeID: String(parts[0]),
            payment: PaymentHash(hash),
            end: WallTime(seconds: end),
            opaque: String(parts[3])
        )
    }

    /// Each page has a cookie of its own: two that are open at once do not lose one of their payments.
    package var cookieName: String { PageCookie(scheme: MPPScheme.word, part: String(challengeID.prefix(16))).name }
}

extension ChallengeKeyring {
    /// The longest that is looked at: what is longer is none.
    private static let longestPage = 2_048

    package func text(of page: ChargePage, for purpose: ChargePage.Purpose) -> String {
        "\(page.text).\(proof(of: page, purpose, secrets[0]).hex)"
    }

    /// `nil` for what this keyring did not make for this purpose.
    package func page(_ text: String, for purpose: ChargePage.Purpose) -> ChargePage? {
        guard text.utf8.count <= Self.longestPage, let dot = text.lastIndex(of: "."),
            let given = Bytes32(hex: text[text.index(after: dot)...]), let page = ChargePage(text[..<dot])
        else { return nil }
        let isOurs = secrets.contains { proof(of: page, purpose, $0).equalsInConstantTime(given) }
        return isOurs ? page : nil
    }

    /// No id of a challenge is made of the same bytes: all of those have a `|`, and none has a line end.
    private func proof(of page: ChargePage, _ purpose: ChargePage.Purpose, _ secret: SymmetricKey) -> Bytes32 {
        let input = Array("\(purpose.rawValue)\n\(page.text)".utf8)
        return Bytes32(HMAC<SHA256>.authenticationCode(for: input, using: secret)) ?? .zero
    }
}

/// Lets in the pages that offer charges: for one answer.
package struct MPPPageGate: PageGate {
    /// A page that is paid in the last moment still gets its answer.
    private static let grace = Duration.seconds(600)

    private let mint: ChallengeMint

    package init(dataFolder: String) {
        mint = ChallengeMint.of(dataFolder: dataFolder)
    }

    package func payment(of key: PageKey) throws -> PaymentHash? {
        try mint.keyring().page(key.text, for: .key)?.payment
    }

    package func cookie(for key: PageKey, at time: WallTime, isSecure: Bool) throws -> String? {
        let keyring = try mint.keyring()
        guard let page = keyring.page(key.text, for: .key) else { return nil }
        let end = max(page.end, min(time, page.end.advanced(by: Self.grace)).advanced(by: Self.grace))
        guard end > time else { return nil }
        let pass = ChargePage(challengeID: page.challengeID, payment: page.payment, end: end, opaque: page.opaque)
        return PageCookie.line(
            name: pass.cookieName,
            value: keyring.text(of: pass, for: .pass),
            seconds: end.seconds - time.seconds,
            isSecure: isSecure
        )
    }
}
