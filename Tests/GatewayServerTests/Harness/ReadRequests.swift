import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore

/// What a request parser makes of a connection's bytes, whatever the pieces they come in.
struct ReadRequests: Equatable {
    struct Request: Equatable {
        var line = ""
        var fields: [String] = []
        var framing = RequestHead.Body.none
        var body: [UInt8] = []
        var trailers: [String] = []
        var isWhole = false
    }

    var requests: [Request] = []
    var fault: MessageFault?

    /// 0 when nothing was wrong.
    var status: Int { fault?.status.code ?? 0 }

    init(_ pieces: [[UInt8]], limits: MessageLimits = MessageLimits()) {
        var parser = RequestParser(scheme: "http", limits: limits)
        for piece in pieces where fault == nil {
            parser.feed(ByteBuffer(bytes: piece))
            read(&parser)
        }
    }

    init(_ text: String, limits: MessageLimits = MessageLimits()) {
        self.init([Array(text.utf8)], limits: limits)
    }

    private mutating func read(_ parser: inout RequestParser) {
        while true {
            if let last = requests.indices.last, !requests[last].isWhole {
                switch parser.nextBody() {
                case .incomplete: return
                case .part(let part): requests[last].body += part.readableBytesView
                case .end(let trailers):
                    requests[last].isWhole = true
                    requests[last].trailers = trailers.texts
                case .fault(let fault):
                    self.fault = fault
                    return
                }
            } else {
                switch parser.nextHead() {
                case .incomplete: return
                case .request(let head): requests.append(Request(head))
                case .fault(let fault):
                    self.fault = fault
                    return
                }
            }
        }
    }
}

extension ReadRequests.Request {
    fileprivate init(_ head: RequestHead) {
        line = "\(head.method.rawValue) \(head.authority) \(head.target) \(head.version)"
        fields = head.fields.texts
        framing = head.body
    }
}

extension Fields {
    /// `Name: value`, as they came.
    var texts: [String] {
        lines.indices.map { "\(name(at: $0)): \(value(at: $0))" }
    }
}

extension [UInt8] {
    /// The same bytes cut in two at each position (of a long text at some of them), and one by one.
    var splits: [[[UInt8]]] {
        samples.map { [Array(self[..<$0]), Array(self[$0...])] } + [map { [$0] }]
    }

    /// Each position; of a long text 400 of them, and of one that repeats itself without measure a hundred.
    var samples: StrideTo<Int> {
        stride(from: 0, to: count, by: count > 2_000 ? count / 100 : Swift.max(1, count / 400))
    }
}
