import Foundation
import GatewayKit
import GatewayServer
import GatewayTesting
import SwiftASN1
import Testing
import X509

@Suite struct SelfSignedIdentityTests {
    private let folder: TLSFolder
    private let time = ManualTime()

    init() throws {
        folder = try TLSFolder()
    }

    private func renew(_ names: [String] = ["gateway.example"]) throws -> Bool {
        try SelfSignedIdentity(names: names, dataFolder: folder.path).renewIfDue(at: time.now)
    }

    private func certificate() throws -> Certificate {
        try Certificate(pemEncoded: try folder.text("tls.cert"))
    }

    @Test func `the key is its owner's alone, and nothing else is left behind`() throws {
        #expect(try renew())
        #expect(try folder.mode("tls.key") == 0o600)
        #expect(try folder.names() == ["tls.cert", "tls.key"])
    }

    @Test func `a data folder that is missing is made for its owner alone`() throws {
        let identity = try SelfSignedIdentity(names: [], dataFolder: folder.path("a/b"))
        #expect(try identity.renewIfDue(at: time.now))
        #expect(try folder.mode("a/b") == 0o700)
        #expect(identity.files.certificate == folder.path("a/b/tls.cert"))
    }

    @Test func `it is for the names given, for this machine, and lasts 14 months`() throws {
        _ = try renew(["gateway.example", "*.example.com", "192.0.2.7", "2001:db8::1", "localhost"])
        let certificate = try certificate()
        let addresses: [[UInt8]] = [
            [192, 0, 2, 7], [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1], [127, 0, 0, 1],
            [UInt8](repeating: 0, count: 15) + [1],
        ]
        let expected: [GeneralName] =
            ["gateway.example", "*.example.com", "localhost"].map { .dnsName($0) }
            + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        let names = try certificate.extensions.subjectAlternativeNames.map { Set($0) }
        #expect(names == Set(expected))
        #expect(certificate.notValidAfter.timeIntervalSince1970 == Double(time.now.seconds) + 14 * 30 * 86_400)
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
    }

    @Test func `it is kept as long as 30 days remain`() throws {
        _ = try renew()
        let first = try folder.text("tls.cert")
        time.advance(by: .seconds(390 * 86_400))
        #expect(try !renew())
        #expect(try folder.text("tls.cert") == first)
    }

    @Test func `it is renewed with a new key when fewer than 30 days remain`() throws {
        _ = try renew()
        let firstKey = try folder.text("tls.key")
        let first = try certificate()
        time.advance(by: .seconds(390 * 86_400 + 1))
        #expect(try renew())
        #expect(try folder.text("tls.key") != firstKey)
        #expect(try certificate().notValidAfter > first.notValidAfter)
        #expect(try !renew())
    }

    @Test func `it is renewed when the clock was wrong as it was made`() throws {
        let future = time.now.advanced(by: .seconds(1_000 * 86_400))
        try SelfSignedIdentity(names: [], dataFolder: folder.path).renewIfDue(at: future)
        #expect(try renew([]))
    }

    @Test func `it is renewed when the names are others, not when their order is`() throws {
        _ = try renew(["a.example", "b.example"])
        #expect(try !renew(["b.example", "a.example"]))
        #expect(try renew(["a.example"]))
    }

    @Test(arguments: [nil, "", "no key"] as [String?])
    func `it is renewed when its key is gone or damaged`(key: String?) throws {
        _ = try renew()
        if let key {
            try folder.write(key.isEmpty ? try TestCertificate("other").keyPEM : key, to: "tls.key")
        } else {
            try FileManager.default.removeItem(atPath: folder.path("tls.key"))
        }
        #expect(try renew())
        #expect(try !renew())
    }

    @Test func `somebody else's certificate in its place is not replaced`() throws {
        let certificate = try TestCertificate("gateway.example")
        try folder.write(certificate.chainPEM, to: "tls.cert")
        let failure = #expect(throws: StartFailure.self) { try renew() }
        #expect(failure?.description.contains("\(folder.path)/tls.cert is not a self-signed certificate") == true)
        #expect(try folder.text("tls.cert") == certificate.chainPEM)
    }

    @Test(arguments: ["", "a b", "a/b", "bücher.example", "nul\0", String(repeating: "a", count: 254)])
    func `a name that no certificate can have is refused`(name: String) {
        #expect(throws: StartFailure.self) { try SelfSignedIdentity(names: [name], dataFolder: folder.path) }
    }

    @Test func `a folder that cannot be written is named`() throws {
        try folder.write("", to: "file")
        let failure = #expect(throws: StartFailure.self) {
            try SelfSignedIdentity(names: [], dataFolder: folder.path("file/data")).renewIfDue(at: time.now)
        }
        #expect(failure?.description.contains("\(folder.path)/file/data") == true)
    }
}
