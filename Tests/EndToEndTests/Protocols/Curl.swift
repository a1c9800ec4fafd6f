import Foundation

/// Debian's curl, as it speaks to one gateway.
struct Curl {
    struct Answer: Equatable {
        let status: Int
        /// The status lines and fields of every response, the interim ones among them, and the trailers.
        let heads: String
        let body: Data

        /// The values of a field, wherever it stood.
        func values(of name: String) -> [String] {
            heads.split(separator: "\r\n").filter { $0.lowercased().hasPrefix("\(name.lowercased()):") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    let url: String
    let arguments: [String]

    init(_ url: String, _ arguments: [String] = []) {
        self.url = url
        self.arguments = arguments
    }

    init(_ front: ProtocolFront, _ gateway: ProtocolGateway, _ more: [String] = []) {
        let (arguments, url) = front.curl(gateway)
        self.init(url, arguments + more)
    }

    /// - Throws: what says with which status curl ended, when it did not with 0.
    func ask(_ path: String, _ more: [String] = []) async throws -> Answer {
        let folder = try TemporaryFolder()
        let (heads, body) = ("\(folder.path)/heads", "\(folder.path)/body")
        let options = ["--silent", "--max-time", "60", "--dump-header", heads, "--output", body]
        let command = [try ProtocolPeer.program("curl")] + options + arguments + more
        let output = try await ProtocolPeer.run(command + ["--write-out", "%{http_code}", url + path])
        return Answer(
            status: Int(String(decoding: output, as: UTF8.self)) ?? 0,
            heads: String(decoding: try folder.content("heads"), as: UTF8.self),
            // curl makes no file for an empty body.
            body: (try? folder.content("body")) ?? Data()
        )
    }
}
