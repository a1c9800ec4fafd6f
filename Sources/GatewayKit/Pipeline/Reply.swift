public import HTTPTypes
public import NIOCore

/// An answer that the gateway gives itself.
///
/// A stage says what happened; the form that the client gets (a problem body, gRPC trailers) is chosen when it is sent.
public struct Reply: Sendable, Error {
    public enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// Asked for one part after the other, as fast as the client takes them.
        case stream(any BodyStream)
    }

    public var status: HTTPResponse.Status
    public var fields: Fields
    public var body: Body
    /// Why the request was refused; makes the body where there is none.
    public var problem: Problem?
    /// The offers of a 402 for clients of JSON-RPC, a JSON object each.
    package var offers: [String] = []
    /// Closes the client's connection after the answer.
    public var closesConnection = false

    public init(_ status: HTTPResponse.Status, fields: Fields = Fields(), body: Body = .none) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    public init(_ status: HTTPResponse.Status, _ problem: Problem, fields: Fields = Fields()) {
        self.status = status
        self.fields = fields
        self.problem = problem
        body = .none
    }

    /// A refusal that its status explains, with a sentence about this case.
    public init(_ status: HTTPResponse.Status, detail: String) {
        self.init(status, Problem(title: status.reasonPhrase, detail: detail))
    }

    public static func text(
        _ text: String,
        _ status: HTTPResponse.Status = .ok,
        type: String = "text/plain; charset=utf-8"
    ) -> Reply {
        Reply(status, fields: Fields([(.contentType, type)]), body: .bytes(ByteBuffer(string: text)))
    }

    public static func json(_ json: String, _ status: HTTPResponse.Status = .ok) -> Reply {
        text(json, status, type: "application/json")
    }
}

/// A body that comes in parts. Used on one event loop.
public protocol BodyStream: Sendable {
    /// The next part, `nil` at the end. Not called again before its answer, nor after the end.
    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?>
}
