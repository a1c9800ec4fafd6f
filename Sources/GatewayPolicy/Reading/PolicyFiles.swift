internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where policies and the files that they name are read from.
package protocol PolicyFiles: Sendable {
    /// - Throws: a description that says why not: `no such file`.
    func contents(of path: String) throws -> [UInt8]

    /// The names of what is in a folder, in no order; `nil` when `path` is no folder.
    func names(in path: String) -> [String]?
}

/// The files of this machine.
package struct DiskFiles: PolicyFiles {
    /// Nobody writes a policy this long; a mistyped path may lead to a disk image.
    private static let limit = ByteCount.mebibytes(4)

    package init() {}

    package func contents(of path: String) throws -> [UInt8] {
        let manager = FileManager.default
        var isFolder = false
        guard manager.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw StartFailure("no such file")
        }
        if isFolder {
            throw StartFailure("it is a folder")
        }
        let attributes = try? manager.attributesOfItem(atPath: path)
        if let size = attributes?[.size] as? Int, size > Self.limit.bytes {
            throw StartFailure("it is longer than \(Self.limit)")
        }
        guard let data = manager.contents(atPath: path) else {
            throw StartFailure("the gateway may not read it")
        }
        return Array(data)
    }

    package func names(in path: String) -> [String]? {
        try? FileManager.default.contentsOfDirectory(atPath: path)
    }
}
