internal import Foundation

/// Files that must be there.
enum FileContent {
    static func bytes(of path: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw BenchFailure("cannot read \(path)")
        }
        return data
    }

    /// `nil` when there is none.
    static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
