internal import GRPCNIOTransportHTTP2Posix

/// A certificate and its key for a node, signed by itself and for a name that nobody looks up, as lnd makes it. For tests only.
package struct LndIdentity: Sendable {
    package let certificate: String
    private let key: String

    /// Valid to the year 2100.
    package static let node = LndIdentity(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBpTCCAUygAwIBAgIBATAKBggqhkjOPQQDAjAtMRQwEgYDVQQKDAtzbHVpY2Ug
            dGVzdDEVMBMGA1UEAwwMbm9kZS5pbnZhbGlkMCAXDTI0MDEwMTAwMDAwMFoYDzIx
            MDAwMTAxMDAwMDAwWjAtMRQwEgYDVQQKDAtzbHVpY2UgdGVzdDEVMBMGA1UEAwwM
            bm9kZS5pbnZhbGlkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAElwLYyG/6BmoL
            cy3cmhXYmHHNVniEFqp6WHExBo5ezHnPRmogWyrB0FZI1hYwIrMcKCoQYvLewRni
            0NWc+OVDEaNbMFkwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAoQwFwYD
            VR0RBBAwDoIMbm9kZS5pbnZhbGlkMB0GA1UdDgQWBBRMUu/PZ701FTJCtcWs/F4M
            pSbqfDAKBggqhkjOPQQDAgNHADBEAiA3SNXE7LdltLFsZ/FM9pjZCboSmOz738Ls
            DvWWXjKIwwIgQFVQd3NCUqytUmyIH0jbZ3s5NFVpZPpSwJEL5+RX5Nk=
            -----END CERTIFICATE-----
            """,
        key: nodeKey
    )

    /// Of the same key, and valid to the year 2025.
    package static let expired = LndIdentity(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBpDCCAUqgAwIBAgIBATAKBggqhkjOPQQDAjAtMRQwEgYDVQQKDAtzbHVpY2Ug
            dGVzdDEVMBMGA1UEAwwMbm9kZS5pbnZhbGlkMB4XDTI0MDEwMTAwMDAwMFoXDTI1
            MDEwMTAwMDAwMFowLTEUMBIGA1UECgwLc2x1aWNlIHRlc3QxFTATBgNVBAMMDG5v
            ZGUuaW52YWxpZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJcC2Mhv+gZqC3Mt
            3JoV2JhxzVZ4hBaqelhxMQaOXsx5z0ZqIFsqwdBWSNYWMCKzHCgqEGLy3sEZ4tDV
            nPjlQxGjWzBZMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgKEMBcGA1Ud
            EQQQMA6CDG5vZGUuaW52YWxpZDAdBgNVHQ4EFgQUTFLvz2e9NRUyQrXFrPxeDKUm
            6nwwCgYIKoZIzj0EAwIDSAAwRQIhAMlfNq/raJFOQJO5CxVKXiA7KIPpuGCyc3kk
            VnqPU9QZAiBtVruLYoFe8WNYjzCqQSstrRzPk/Lb2JyDiJmpm347Fw==
            -----END CERTIFICATE-----
            """,
        key: nodeKey
    )

    /// Of another node, with the same name.
    package static let other = LndIdentity(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBpzCCAUygAwIBAgIBATAKBggqhkjOPQQDAjAtMRQwEgYDVQQKDAtzbHVpY2Ug
            dGVzdDEVMBMGA1UEAwwMbm9kZS5pbnZhbGlkMCAXDTI0MDEwMTAwMDAwMFoYDzIx
            MDAwMTAxMDAwMDAwWjAtMRQwEgYDVQQKDAtzbHVpY2UgdGVzdDEVMBMGA1UEAwwM
            bm9kZS5pbnZhbGlkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEya0qlauBqJk1
            PzStFqAPfR3fZ7Zk+0P5Ox9QHj7I7dsU8aQjFetYXavz4g8O3leia1h/paIdU+jO
            8eIVxedm2qNbMFkwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAoQwFwYD
            VR0RBBAwDoIMbm9kZS5pbnZhbGlkMB0GA1UdDgQWBBRQX4279sjbGrhgvjedIZ9D
            gZkJ8TAKBggqhkjOPQQDAgNJADBGAiEAotbySgoA2KMc38ZbOpbEMInEPlnbrs5C
            6bnrayHBWqkCIQCx4+iiyfkh6Nn22vTz1/VRIkaJAgZtw0ozsFFkF/CrJA==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoiVTAPCLGB6Djkuz
            TWK5VIA2jmXNHhgTVnjpVr5VfI6hRANCAATJrSqVq4GomTU/NK0WoA99Hd9ntmT7
            Q/k7H1AePsjt2xTxpCMV61hdq/PiDw7eV6JrWH+loh1T6M7x4hXF52ba
            -----END PRIVATE KEY-----
            """
    )

    private static let nodeKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaXGmnzXWKNjIwN9T
        29+PRjQBim065msw59fHrPO4VAahRANCAASXAtjIb/oGagtzLdyaFdiYcc1WeIQW
        qnpYcTEGjl7Mec9GaiBbKsHQVkjWFjAisxwoKhBi8t7BGeLQ1Zz45UMR
        -----END PRIVATE KEY-----
        """

    var security: HTTP2ServerTransport.Posix.TransportSecurity {
        .tls(
            certificateChain: [.bytes(Array(certificate.utf8), format: .pem)],
            privateKey: .bytes(Array(key.utf8), format: .pem)
        )
    }
}
