internal import Foundation

/// Where the programs are that the benchmark needs.
struct Tools {
    enum Name: String, CaseIterable {
        case nginx, haproxy, caddy, wrk, h2load, nghttpd, taskset, openssl
    }

    private let paths: [Name: String]
    /// Built beside this executable, so that both are of one configuration.
    let sluice: String

    subscript(name: Name) -> String {
        paths[name] ?? name.rawValue
    }

    /// - Throws: `BenchFailure` that says how to get what is missing.
    static func found() throws -> Tools {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        var paths = [Name: String]()
        for name in Name.allCases {
            paths[name] = (folders + ["/usr/sbin", "/sbin", "/usr/bin"]).map { "\($0)/\(name.rawValue)" }
                .first(where: FileManager.default.isExecutableFile)
        }
        let missing = Name.allCases.filter { paths[$0] == nil }.map(\.rawValue)
        guard missing.isEmpty else {
            throw BenchFailure(
                "missing: \(missing.joined(separator: ", ")). On Debian: apt-get install -y nginx haproxy caddy wrk "
                    + "nghttp2-client nghttp2-server openssl util-linux (and stop the services that this starts)"
            )
        }
        guard ProcessInfo.processInfo.activeProcessorCount >= 2 else {
            throw BenchFailure("needs two cores: one for the program under test, one for the load and the upstream")
        }
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let sluice = folder.appendingPathComponent("sluice").path
        guard FileManager.default.isExecutableFile(atPath: sluice) else {
            throw BenchFailure("there is no \(sluice): swift build -c release --product sluice")
        }
        return Tools(paths: paths, sluice: sluice)
    }
}
