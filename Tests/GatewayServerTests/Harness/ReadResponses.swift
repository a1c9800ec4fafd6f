import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore

/// What a response parser makes of an upstream's bytes, whatever the pieces they come in.
struct ReadResponses: Equatable {
    struct Response: Equatable {
        var status = 0
        var fields: [String] = []
        var framing = ResponseBody.none(declared: nil)
        var body: [UInt8] = []
        var trailers: [String] = []
        var isWhole = false
    }

    var informational: [Int] = []
    var responses: [Response] = []
    var isFaulty = false
    /// After the last response: whether the connection may serve the next.
    var keepsAlive = true
    /// The end of the connection now would be the end of the body.
    var endsWithConnection = false

    init(_ pieces: [[UInt8]], answering method: HTTPRequest.Method = .get) {
        var parser = ResponseParser(limits: MessageLimits())
        for piece in pieces where !isFaulty {
            parser.feed(ByteBuffer(bytes: piece))
            read(&parser, answering: method)
        }
        keepsAlive = parser.keepsAlive
        endsWithConnection = parser.endsWithConnection
    }

    init(_ text: String, answering method: HTTPRequest.Method = .get) {
        self.init([Array(text.utf8)], answering: method)
    }

    private mutating func read(_ parser: inout ResponseParser, answering method: HTTPRequest.Method) {
        while true {
            if let last = responses.indices.last, !responses[last].isWhole {
                switch parser.nextBody() {
                case .incomplete: return
                case .part(let part): responses[last].body += part.readableBytesView
                case .end(let trailers):
                    responses[last].isWhole = true
                    responses[last].trailers = trailers.texts
                case .fault:
                    isFaulty = true
                    return
                }
            } else {
                switch parser.nextHead(answering: method) {
                case .incomplete: return
                case .informational(let head): informational.append(head.status.code)
                case .response(let head, let body):
                    responses.append(Response(status: head.status.code, fields: head.fields.texts, framing: body))
                case .fault:
                    isFaulty = true
                    return
                }
            }
        }
    }
}
