import GRPCNIOTransportHTTP2Posix
import GatewayKit
import GatewayRPC
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ServiceTLSTests {
    private let authority: TestIdentity
    private let server: TestIdentity
    private let client: TestIdentity

    init() throws {
        authority = try TestIdentity("authority")
        server = try TestIdentity("service.internal", issuer: authority)
        client = try TestIdentity("gateway.internal", issuer: authority)
    }

    /// What becomes of a call to a server that wants certificates of its authority.
    private func reason(_ tls: ServiceTLS?) async throws -> ServiceFailure.Reason? {
        let roots = TLSConfig.TrustRootsSource.certificates([.bytes(Array(authority.certificatePEM.utf8), format: .pem)]
        )
        let security = HTTP2ServerTransport.Posix.TransportSecurity.mTLS(
            certificateChain: [.bytes(Array(server.certificatePEM.utf8), format: .pem)],
            privateKey: .bytes(Array(server.keyPEM.utf8), format: .pem)
        ) { $0.trustRoots = roots }
        return try await ScriptedHealth().serving(security: security) { address in
            try await ServiceClient.with([address], tls: tls) { await $0.check().reason }
        }
    }

    private func tls(
        roots: String? = nil,
        showing identity: TestIdentity?,
        name: String? = "service.internal",
        verifies: Bool = true
    ) -> ServiceTLS {
        ServiceTLS(
            roots: roots ?? authority.certificatePEM,
            certificate: identity?.certificatePEM,
            key: identity.map { Secret($0.keyPEM) },
            serverName: name,
            verifies: verifies
        )
    }

    @Test func `both ends show who they are`() async throws {
        let found = try await reason(tls(showing: client))
        #expect(found == nil)
    }

    @Test func `a service of another name is not asked`() async throws {
        let found = try await reason(tls(showing: client, name: "other.internal"))
        #expect(found == .unavailable)
    }

    @Test func `an address that the certificate does not name is not asked`() async throws {
        let found = try await reason(tls(showing: client, name: nil))
        #expect(found == .unavailable)
    }

    @Test func `a service of another authority is not asked, unless nothing is verified`() async throws {
        let other = try TestIdentity("other").certificatePEM
        let refused = try await reason(tls(roots: other, showing: client))
        #expect(refused == .unavailable)
        let taken = try await reason(tls(roots: other, showing: client, verifies: false))
        #expect(taken == nil)
    }

    @Test func `a service that wants a certificate does not answer without`() async throws {
        let found = try await reason(tls(showing: nil))
        #expect(found == .unavailable)
    }

    @Test func `cleartext reaches nobody there`() async throws {
        let found = try await reason(nil)
        #expect(found == .unavailable)
    }
}
