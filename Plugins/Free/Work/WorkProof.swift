internal import Crypto
internal import GatewayKit

/// A challenge and the answer that makes its hash begin with enough zero bits: `challenge.answer`.
///
/// The hash is SHA-256 of that text as it stands.
package struct WorkProof: Hashable, Sendable {
    private static let longestAnswer = 32

    package let challenge: WorkChallenge
    package let text: String

    /// `nil` for what is no challenge and answer: 1 to 32 characters of base64url.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...Self.longestAnswer).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy(Base64.url.isDigit), let challenge = WorkChallenge(parts[0])
        else { return nil }
        self.challenge = challenge
        self.text = String(text)
    }

    /// True when the work was done.
    package var isSolved: Bool {
        Self.zeros(SHA256.hash(data: Array(text.utf8))) >= challenge.bits
    }

    /// The value of `Authorization`.
    package var authorization: String { "\(WorkScheme.name) \(text)" }

    /// Does the work: about two to the power of the bits hashes.
    ///
    /// - Parameter isCancelled: asked now and then.
    /// - Returns: `nil` when it was cancelled.
    package static func solving(_ challenge: WorkChallenge, until isCancelled: () -> Bool = { false }) -> WorkProof? {
        var prefix = SHA256()
        prefix.update(data: Array("\(challenge.text).".utf8))
        var answer: UInt64 = 0
        while answer % 65_536 != 0 || !isCancelled() {
            var hash = prefix
            withDigits(of: answer) { hash.update(bufferPointer: $0) }
            if zeros(hash.finalize()) >= challenge.bits { return WorkProof("\(challenge.text).\(answer)") }
            guard answer < .max else { return nil }
            answer += 1
        }
        return nil
    }

    private static func zeros(_ digest: SHA256Digest) -> Int {
        digest.withUnsafeBytes { bytes in
            var count = 0
            for byte in bytes {
                count += byte.leadingZeroBitCount
                if byte != 0 { break }
            }
            return count
        }
    }

    /// Decimal, without a `String`: this is most of a solver's work but for the hash.
    private static func withDigits(of number: UInt64, _ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var start = 20
            var rest = number
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            body(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}
