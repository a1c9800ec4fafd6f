internal import GatewayKit

/// Follows `!file` and `!env`. Says what is missing, never what was found.
struct FileReferences: PolicyReferences {
    let files: any PolicyFiles
    let environment: @Sendable (String) -> String?
    let resolved = ResolvedTexts()

    func resolve(_ reference: PolicyNode.Reference) throws -> String {
        let text = try text(of: reference)
        resolved.insert(text)
        return text
    }

    func bytes(of reference: PolicyNode.Reference) throws -> [UInt8] {
        guard case .file(let path) = reference else { return Array(try resolve(reference).utf8) }
        let bytes = try fileBytes(path)
        guard !bytes.isEmpty else { throw StartFailure("the file '\(path)' is empty") }
        return bytes
    }

    func noteSecret(_ text: String) {
        resolved.insertWritten(text)
    }

    private func text(of reference: PolicyNode.Reference) throws -> String {
        switch reference {
        case .file(let path):
            return try content(of: path)
        case .environment(let name):
            guard let value = environment(name) else {
                throw StartFailure("the environment has no variable '\(name)'")
            }
            guard !value.isEmpty else {
                throw StartFailure("the environment variable '\(name)' is empty")
            }
            return value
        }
    }

    private func fileBytes(_ path: String) throws -> [UInt8] {
        do {
            return try files.contents(of: path)
        } catch {
            throw StartFailure("cannot read the file '\(path)': \(error)")
        }
    }

    private func content(of path: String) throws -> String {
        var content = try fileBytes(path)[...]
        if content.last == UInt8(ascii: "\n") {
            content.removeLast()
        }
        if content.last == UInt8(ascii: "\r") {
            content.removeLast()
        }
        guard !content.isEmpty else { throw StartFailure("the file '\(path)' is empty") }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw StartFailure("the file '\(path)' is not text in UTF-8")
        }
        return text
    }
}
