import GatewayKit
import GatewayPolicy
import GatewayTesting

/// Files that a test writes down.
struct MemoryFiles: PolicyFiles {
    var files: [String: [UInt8]] = [:]

    init(_ texts: [String: String]) {
        files = texts.mapValues { Array($0.utf8) }
    }

    init(_ path: String, _ bytes: [UInt8]) {
        files = [path: bytes]
    }

    func contents(of path: String) throws -> [UInt8] {
        guard let bytes = files[path] else { throw StartFailure("no such file") }
        return bytes
    }

    func names(in path: String) -> [String]? {
        let folder = path == "." ? "" : path.hasSuffix("/") ? path : "\(path)/"
        let names = files.keys.filter { $0.hasPrefix(folder) }.map { String($0.dropFirst(folder.count)) }
        return names.isEmpty ? nil : Array(Set(names.map { String($0.prefix { $0 != "/" }) }))
    }
}

extension PolicyLoader {
    /// Loads with the stand-ins, from files that the test wrote down.
    static func example(_ files: MemoryFiles, environment: [String: String] = [:]) -> PolicyLoader {
        PolicyLoader(
            services: .example(registry: .standIns),
            environment: { environment[$0] },
            files: files
        )
    }

    /// The outcome of one text, in a file `policy.yaml`.
    static func outcome(of text: String) -> PolicyOutcome {
        example(MemoryFiles(["policy.yaml": text])).load("policy.yaml")
    }
}

extension PolicyOutcome {
    /// `nil` when there are mistakes.
    var plan: Plan? {
        if case .plan(let plan) = self { plan } else { nil }
    }

    var mistakes: [PolicyMistake] {
        if case .mistakes(let mistakes) = self { mistakes } else { [] }
    }
}
