internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// `method SP request-target SP HTTP-version` (RFC 9112 §3), with exactly one space between.
struct RequestLine {
    let method: HTTPRequest.Method
    /// In the head's bytes.
    let target: Range<Int>
    let version: RequestHead.Version

    init(_ wire: ByteBuffer, _ line: Range<Int>) throws(MessageFault) {
        let parsed: Result<RequestLine, MessageFault> = wire.withUnsafeReadableBytes { bytes in
            var first = line.lowerBound
            while first < line.upperBound, bytes[first] != 0x20 { first += 1 }
            var last = line.upperBound - 1
            while last > first, bytes[last] != 0x20 { last -= 1 }
            guard first < last else {
                return .failure(MessageFault(.badRequest, "the request line is not 'method target version'"))
            }
            let version: RequestHead.Version
            switch Self.version(UnsafeRawBufferPointer(rebasing: bytes[(last + 1)..<line.upperBound])) {
            case .success(let known): version = known
            case .failure(let fault): return .failure(fault)
            }
            let target = first + 1..<last
            var index = target.lowerBound
            while index < target.upperBound, bytes[index] > 0x20, bytes[index] < 0x7F { index += 1 }
            guard !target.isEmpty, index == target.upperBound else {
                return .failure(
                    MessageFault(.badRequest, "the request target is empty or has a character that it may not have")
                )
            }
            let name = UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<first])
            guard let method = Self.method(name) else {
                return .failure(MessageFault(.badRequest, "the method is not a token"))
            }
            return .success(RequestLine(method: method, target: target, version: version))
        }
        self = try parsed.get()
    }

    private init(method: HTTPRequest.Method, target: Range<Int>, version: RequestHead.Version) {
        self.method = method
        self.target = target
        self.version = version
    }

    private static func version(_ bytes: UnsafeRawBufferPointer) -> Result<RequestHead.Version, MessageFault> {
        guard bytes.count == 8, bytes.begins(with: "HTTP/"), bytes[6] == 0x2E,
            (0x30...0x39).contains(bytes[5]), (0x30...0x39).contains(bytes[7])
        else { return .failure(MessageFault(.badRequest, "the version is not of the form HTTP/1.1")) }
        switch (bytes[5], bytes[7]) {
        case (0x31, 0x30): return .success(.http1_0)
        case (0x31, _): return .success(.http1_1)
        default: return .failure(MessageFault(.httpVersionNotSupported, "HTTP/1.1 and HTTP/1.0 are understood here"))
        }
    }

    private static func method(_ bytes: UnsafeRawBufferPointer) -> HTTPRequest.Method? {
        // Nearly every request has one of these, which need no look at each of their bytes.
        switch bytes.count {
        case 3 where bytes.begins(with: "GET"): return .get
        case 4 where bytes.begins(with: "POST"): return .post
        default: break
        }
        guard (1...32).contains(bytes.count), bytes.allSatisfy(ASCII.isTokenByte) else { return nil }
        return HTTPRequest.Method(rawValue: String(decoding: bytes, as: UTF8.self))
    }
}
