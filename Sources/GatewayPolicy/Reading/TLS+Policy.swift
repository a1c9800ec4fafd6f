internal import GatewayKit

extension ServerTLS {
    /// What a listener's `tls` says: `{ certificate, key }`, a list of these, or `{ self-signed: [names] }`.
    static func one(from settings: inout PolicyReader, run: LoadingRun) -> ServerTLS? {
        guard let node = settings.node("tls") else { return nil }
        if case .list(let items) = node.content {
            let files = items.compactMap { item -> TLSFiles? in
                var reader = settings.reader(for: item, word: "tls")
                defer { reader.finish() }
                return TLSFiles(from: &reader, run: run)
            }
            guard let first = files.first else {
                if items.isEmpty {
                    settings.note(node.place, "'tls' should name certificates: [{ certificate: ..., key: ... }]")
                }
                return nil
            }
            return ServerTLS(.files(default: first, others: Array(files.dropFirst())))
        }
        var reader = settings.reader(for: node, word: "tls")
        defer { reader.finish() }
        if reader.contains("self-signed") {
            return ServerTLS(.selfSigned(names: reader.texts("self-signed")))
        }
        return TLSFiles(from: &reader, run: run).map { ServerTLS(.files(default: $0, others: [])) }
    }
}

extension TLSFiles {
    /// `certificate` and `key`; a mistake is noted where one is missing.
    init?(from reader: inout PolicyReader, run: LoadingRun) {
        let place = reader.node("certificate")?.place
        guard let certificate = reader.path("certificate"), let key = reader.path("key") else { return nil }
        self.init(certificate: certificate, key: key)
        if let place, let fault = run.inspection?.fault(of: self) {
            run.note(.badCertificate, place, fault)
        }
    }
}

extension UpstreamTLS {
    /// What an upstream's `tls` says; the defaults where it has none.
    static func one(from settings: inout PolicyReader, run: LoadingRun) -> UpstreamTLS {
        guard let node = settings.node("tls") else { return UpstreamTLS() }
        var reader = settings.reader(for: node, word: "tls")
        defer { reader.finish() }
        let (certificateNode, keyNode) = (reader.node("certificate"), reader.node("key"))
        let certificate = certificateNode == nil && keyNode == nil ? nil : TLSFiles(from: &reader, run: run)
        let name = reader.node("server-name") == nil ? nil : reader.text("server-name")
        if let name, IPAddress(name) != nil || name.isEmpty {
            reader.note(reader.error(at: "server-name", "should be a host name, not '\(name)'"))
        }
        let rootsPlace = reader.node("roots")?.place
        let roots = rootsPlace == nil ? nil : reader.path("roots")
        if let rootsPlace, let roots, let fault = run.inspection?.fault(ofRoots: roots) {
            run.note(.badCertificate, rootsPlace, fault)
        }
        return UpstreamTLS(
            roots: roots,
            certificate: certificate,
            serverName: name,
            verifies: reader.flag("verify", or: true)
        )
    }
}

extension PolicyReader {
    /// A file's path, relative to the policy file that names it; a mistake is noted where there is none.
    mutating func path(_ key: String) -> String? {
        guard let node = node(key) else {
            note(place, "'\(key)' is missing: the path of a PEM file", rule: .missingSetting)
            return nil
        }
        guard let text = text(of: node, expected: "'\(key)' should be the path of a PEM file") else { return nil }
        guard !text.isEmpty else {
            note(node.place, "'\(key)' should be the path of a PEM file, not ''")
            return nil
        }
        return FilePath.resolve(text, in: FilePath.folder(of: node.place.file))
    }
}
