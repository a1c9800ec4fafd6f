package import HTTPTypes
internal import NIOCore

/// That the client of an exchange speaks JSON-RPC, and how the gateway's own answers reach it.
package struct JSONRPCForm: Sendable {
    /// Of the call, a JSON text; `nil` where none could be read, and for what has none: a notification, a batch.
    package var id: String?
    /// The error's code, where the body itself was the matter.
    package var code: JSONRPCFault.Code?

    package init(id: String? = nil) {
        self.id = id
    }

    /// The status that the client sees.
    ///
    /// What answers a call is an answer to HTTP: its error is the call's own, and clients that stop at a status of HTTP
    /// would never see it (MCP 2025-11-25, "Streamable HTTP"). So it is a 200, unless what it says stands in fields that
    /// only a client of HTTP reads.
    func status(of reply: Reply, _ fields: Fields) -> HTTPResponse.Status {
        id == nil || fields.firstIndex(of: .wwwAuthenticate) != nil ? reply.status : .ok
    }

    /// A response object with an error (JSON-RPC 2.0 §5.1). `data` has the status that the answer would have in HTTP, and
    /// the problem; a 402 also its offers.
    func error(of reply: Reply, _ problem: Problem) -> String {
        var data = [#""httpStatus":\#(reply.status.code)"#]
        if reply.status.code == 402 {
            if !reply.offers.isEmpty { data.append(#""challenges":[\#(reply.offers.joined(separator: ","))]"#) }
            let others = reply.fields.values(of: .wwwAuthenticate).filter { !$0.hasPrefix("Payment ") }
            if !others.isEmpty {
                data.append(#""wwwAuthenticate":[\#(others.map(JSONText.quoted).joined(separator: ","))]"#)
            }
        }
        if let seconds = reply.fields[.retryAfter].flatMap({ UInt($0) }) {
            data.append(#""retryAfter":\#(seconds)"#)
        }
        let code = self.code(of: reply, problem)
        if code == Self.verificationFailed {
            let reason = problem.members.last { $0.name == "reason" }?.value ?? "refused"
            let texts = "\"reason\":\(JSONText.quoted(reason)),\"detail\":\(JSONText.quoted(problem.detail))"
            data.append("\"failure\":{\(texts)}")
        }
        data.append("\"detail\":\(JSONText.quoted(problem.detail))")
        data.append("\"problem\":\(problem.json(status: reply.status.code).dropLast())")
        let error = "\"code\":\(code),\"message\":\(JSONText.quoted(message(of: code, problem)))"
        return
            "{\"jsonrpc\":\"2.0\",\"id\":\(id ?? "null"),\"error\":{\(error),\"data\":{\(data.joined(separator: ","))}}}\n"
    }

    // MARK: Codes

    /// draft-payment-transport-mcp-00, "Error Code Mapping".
    private static let paymentRequired = -32_042
    private static let verificationFailed = -32_043
    /// JSON-RPC 2.0 §5.1: `-32000` is the implementation's own, here everything that `data.httpStatus` tells apart.
    private static let methodNotFound = -32_601
    private static let internalError = -32_603
    private static let serverError = -32_000

    private func code(of reply: Reply, _ problem: Problem) -> Int {
        if let code { return code.rawValue }
        switch reply.status.code {
        case 402: return problem.isPayment("payment-required") ? Self.paymentRequired : Self.verificationFailed
        case 400 where problem.isPayment(): return JSONRPCFault.Code.invalidParams.rawValue
        case 400, 413, 415, 422: return JSONRPCFault.Code.invalidRequest.rawValue
        case 404: return Self.methodNotFound
        case 500: return Self.internalError
        case 503 where problem.isPayment("internal-payment-error"): return Self.internalError
        default: return Self.serverError
        }
    }

    private func message(of code: Int, _ problem: Problem) -> String {
        switch code {
        case Self.paymentRequired: "Payment Required"
        case Self.verificationFailed: "Payment Verification Failed"
        case Self.methodNotFound: "Method not found"
        case Self.internalError: "Internal error"
        case JSONRPCFault.Code.parseError.rawValue: "Parse error"
        case JSONRPCFault.Code.invalidRequest.rawValue: "Invalid Request"
        case JSONRPCFault.Code.invalidParams.rawValue: "Invalid params"
        default: problem.title
        }
    }
}

extension Reply {
    /// The head and the body as the client of the exchange gets them, and the status that the client sees in place of that
    /// in the head once the stages have adjusted it: they know what an answer means by its status.
    package func rendered(
        in exchange: Exchange
    ) -> (head: ResponseHead, body: Body, seen: HTTPResponse.Status?) {
        guard let form = exchange[JSONRPCForm.self], var problem, case .none = body else {
            let (head, body) = rendered(for: exchange.request, id: exchange.id)
            return (head, body, nil)
        }
        problem.members.append(.init("instance", "urn:sluice:exchange:\(exchange.id)"))
        var fields = fields
        fields.set(.decision, "\(exchange.id)")
        if !offers.isEmpty { fields.remove(.wwwAuthenticate) }
        fields.set(.contentType, "application/json")
        let text = form.error(of: self, problem)
        let seen = form.status(of: self, fields)
        return (ResponseHead(status: status, fields: fields), .bytes(ByteBuffer(string: text)), seen)
    }
}
