import Foundation
import GatewayKit

/// A folder for one test, removed afterwards.
final class TLSFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluice-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Replaces the file, as programs that renew certificates do.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)), options: .atomic)
        return path(name)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
    }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path(name))[.posixPermissions] as? Int
    }

    func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: path))
    }

    /// Writes `name.cert` and `name.key`.
    func write(_ certificate: TestCertificate, _ name: String) throws -> TLSFiles {
        TLSFiles(
            certificate: try write(certificate.chainPEM, to: "\(name).cert"),
            key: try write(certificate.keyPEM, to: "\(name).key")
        )
    }
}
