import Foundation
import GatewayKit
import Lightning
import NIOCore
import NIOPosix
import NIOSSL
import Testing

struct LndRESTTLSTests {
    /// A wallet at `127.0.0.1`, whose certificate is for another name.
    private func state(presenting identity: Identity, pinned: Identity?) async throws -> LndPaymentState {
        let file = NSTemporaryDirectory() + "sluice-\(UUID().uuidString).cert"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try pinned?.certificate.write(toFile: file, atomically: true, encoding: .utf8)
        return try await LndRESTServer.with(identity, answer: LndRESTServer.notInitiated) { server in
            let wallet = try LndRESTWallet(
                url: "https://127.0.0.1:\(server.port)",
                macaroonHex: "0201",
                certificateFile: pinned == nil ? nil : file
            )
            let result: Result<LndPaymentState, any Error>
            do {
                result = .success(try await wallet.state(of: PaymentHash(.zero)))
            } catch {
                result = .failure(error)
            }
            try await wallet.shutdown()
            #expect(server.requests.isEmpty == ((try? result.get()) == nil), "a macaroon went to another wallet")
            return try result.get()
        }
    }

    @Test func `a wallet with a certificate that it made itself is reached, whatever name is in it`() async throws {
        #expect(try await state(presenting: .wallet, pinned: .wallet) == .unpaid)
    }

    @Test func `a certificate that no authority signed is refused when it is not given`() async throws {
        let failure = await #expect(throws: LightningFailure.self) {
            _ = try await state(presenting: .wallet, pinned: nil)
        }
        #expect(failure?.reason == .unavailable)
    }

    @Test func `what the wallet's certificate signed is not the wallet's certificate`() async throws {
        let failure = await #expect(throws: LightningFailure.self) {
            _ = try await state(presenting: .signedByWallet, pinned: .wallet)
        }
        #expect(failure?.description.contains("the wallet's certificate is not the one in") == true)
    }

    @Test func `an unrelated certificate is refused`() async throws {
        await #expect(throws: LightningFailure.self) {
            _ = try await state(presenting: .wallet, pinned: .signedByWallet)
        }
    }
}

/// A certificate and its key, valid to the year 2100; for tests only.
struct Identity {
    let certificate: String
    let key: String

    /// For `wallet.invalid`, signed by itself, as lnd makes it.
    static let wallet = Identity(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBkDCCATagAwIBAgIUQCsQafG4sDnZ8+HB9LU6Opn29owwCgYIKoZIzj0EAwIw
            LzEUMBIGA1UECgwLc2x1aWNlIHRlc3QxFzAVBgNVBAMMDndhbGxldC5pbnZhbGlk
            MCAXDTI0MDEwMTAwMDAwMFoYDzIxMDAwMTAxMDAwMDAwWjAvMRQwEgYDVQQKDAtz
            bHVpY2UgdGVzdDEXMBUGA1UEAwwOd2FsbGV0LmludmFsaWQwWTATBgcqhkjOPQIB
            BggqhkjOPQMBBwNCAAS7ZoX4bBroJQsKCcST3aBTbYIfuU0DS1tLLxJuyTCncPic
            t1yojGcdZLjDrW5sEYWhP37jhuTpBun90e75l/qdoy4wLDAPBgNVHRMBAf8EBTAD
            AQH/MBkGA1UdEQQSMBCCDndhbGxldC5pbnZhbGlkMAoGCCqGSM49BAMCA0gAMEUC
            IQDc9RawVRJ17U0Is3fzfah9exbQNUIZmAzLWENIk7en5gIgO1TFvBfwHYpUhVG4
            nNqHVSds9TDzpj/qUwOc8cnsWZ8=
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjVmPmN0bDjPqnvbc
            eykmJLLq1R6qZfLj9rSKr3QKW4ehRANCAAS7ZoX4bBroJQsKCcST3aBTbYIfuU0D
            S1tLLxJuyTCncPict1yojGcdZLjDrW5sEYWhP37jhuTpBun90e75l/qd
            -----END PRIVATE KEY-----
            """
    )

    /// For `other.invalid`, signed by `wallet`.
    static let signedByWallet = Identity(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBizCCATGgAwIBAgIUeSvSvVRiP6H6wd//w9srH+mj1VowCgYIKoZIzj0EAwIw
            LzEUMBIGA1UECgwLc2x1aWNlIHRlc3QxFzAVBgNVBAMMDndhbGxldC5pbnZhbGlk
            MCAXDTI0MDEwMTAwMDAwMFoYDzIxMDAwMTAxMDAwMDAwWjAuMRQwEgYDVQQKDAtz
            bHVpY2UgdGVzdDEWMBQGA1UEAwwNb3RoZXIuaW52YWxpZDBZMBMGByqGSM49AgEG
            CCqGSM49AwEHA0IABPR9x0sf0bFmTVOkOH0ArloRtaS39pwmVQGEUjcYafzS3FGS
            gB0amkRJcAReuJdgX82bRG62vOeUj6fj6UkzcwCjKjAoMAwGA1UdEwEB/wQCMAAw
            GAYDVR0RBBEwD4INb3RoZXIuaW52YWxpZDAKBggqhkjOPQQDAgNIADBFAiEAm2QV
            CgWP3BybZ4VZztZKU6VUgZ+a8HUbKyikXOyM0kwCICgyjy4+fHCTffRkF6c4elne
            8D0Yo9bUX+yQYTZUb77j
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghr1yGLxQv3oFLnRW
            spGR8qTbDlVvn6/tct7xIAG1yGKhRANCAAT0fcdLH9GxZk1TpDh9AK5aEbWkt/ac
            JlUBhFI3GGn80txRkoAdGppESXAEXriXYF/Nm0RutrznlI+n4+lJM3MA
            -----END PRIVATE KEY-----
            """
    )

    func context() throws -> NIOSSLContext {
        let certificates = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
        )
    }
}
