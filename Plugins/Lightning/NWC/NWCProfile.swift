package import GatewayKit

/// What a wallet says of itself on its relays: kind 13194 (NIP-47, "Info Event").
package struct NWCProfile: Hashable, Sendable {
    /// As their author says; of two the newer holds.
    package let writtenAt: WallTime
    /// By name: those that nobody here knows, too.
    package let methods: Set<String>
    package let notifications: Set<String>
    package let ciphers: Set<String>

    package init(_ event: NostrEvent) {
        writtenAt = event.createdAt
        methods = Self.words(event.content)
        notifications = Self.words(event.tag("notifications") ?? "")
        // Wallets from before NIP-44 do not say what they encrypt with.
        ciphers = event.tag("encryption").map(Self.words) ?? [NostrCipher.nip04.rawValue]
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.split { $0 == " " || $0 == "," || $0 == "\n" }.prefix(100).map(String.init))
    }

    /// The best that both know; `nil`: there is none.
    package var cipher: NostrCipher? {
        [NostrCipher.nip44, .nip04].first { ciphers.contains($0.rawValue) }
    }

    package func permits(_ method: NWCMethod) -> Bool { methods.contains(method.rawValue) }

    /// Tells of payments by itself.
    package var tellsOfPayments: Bool { notifications.contains(NWCNotification.paymentReceived) }
}
