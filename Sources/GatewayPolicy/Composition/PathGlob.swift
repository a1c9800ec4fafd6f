internal import GatewayKit

/// File names with stars: `shared/*.yaml`, `teams/*/routes.yaml`. `*` stands for any characters but a slash, `?` for one.
enum PathGlob {
    static func isPattern(_ path: String) -> Bool {
        path.contains("*") || path.contains("?")
    }

    /// The files that fit, in the order of their names. What begins with a dot fits no star.
    static func expanded(_ pattern: String, in files: any PolicyFiles) -> [String] {
        let segments = pattern.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        var found = [pattern.hasPrefix("/") ? "/" : ""]
        for segment in segments {
            guard isPattern(segment) else {
                found = found.map { $0 + ($0.isEmpty || $0.hasSuffix("/") ? "" : "/") + segment }
                continue
            }
            found = found.flatMap { folder -> [String] in
                let names = files.names(in: folder.isEmpty ? "." : folder) ?? []
                return names.filter { !$0.hasPrefix(".") && matches($0, segment) }.sorted().map {
                    folder + (folder.isEmpty || folder.hasSuffix("/") ? "" : "/") + $0
                }
            }
        }
        return found.filter { path in
            let folder = FilePath.folder(of: path)
            let name = String(path.dropFirst(folder.count))
            return files.names(in: folder.isEmpty ? "." : folder)?.contains(name) ?? false
        }
    }

    /// Takes as long as both are together for one star, and never more than their product.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let name = Array(name.unicodeScalars)
        let pattern = Array(pattern.unicodeScalars)
        var index = 0
        var position = 0
        var retry: (index: Int, position: Int)?
        while index < name.count {
            if position < pattern.count, pattern[position] == "*" {
                retry = (index, position)
                position += 1
            } else if position < pattern.count, pattern[position] == "?" || pattern[position] == name[index] {
                index += 1
                position += 1
            } else if let (start, star) = retry {
                retry = (start + 1, star)
                index = start + 1
                position = star + 1
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == "*" }
    }
}
