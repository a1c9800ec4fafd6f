package import GatewayKit

/// Lets in the pages that offer tokens: with the token, and a proof in the preimage's place.
package struct L402PageGate: PageGate {
    /// As long as a browser keeps a cookie (RFC 6265bis §5.5), for tokens that have no end.
    private static let longestCookie: Int64 = 400 * 86_400

    private let mint: Mint

    package init(dataFolder: String) {
        mint = Mint.of(dataFolder: dataFolder)
    }

    package func payment(of key: PageKey) throws -> PaymentHash? {
        try mint.keyring().token(of: key)?.identifier?.payment
    }

    package func cookie(for key: PageKey, at time: WallTime, isSecure: Bool) throws -> String? {
        let keyring = try mint.keyring()
        guard let token = keyring.token(of: key), let pass = keyring.pagePass(for: token),
            let service = token.services.first
        else { return nil }
        let left = token.end.map { $0.seconds - time.seconds } ?? Self.longestCookie
        return PageCookie.line(
            name: Keyring.pageCookie(of: service).name,
            value: pass,
            seconds: min(left, Self.longestCookie),
            isSecure: isSecure
        )
    }
}
