internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// The second step of a match: reads the body of a request, and sends the exchange on by the route of the call in it.
///
/// Stands before the stages of every route that it chooses.
struct CallDoor: Stage {
    struct Choice: Sendable {
        let route: Route
        /// Calls of it may cost something.
        let isPayable: Bool
    }

    private static let contentTypes = ["application/json", "application/json;charset=utf-8"]

    /// What is read for a route that does not say how long a body may be.
    static let usualLimit = ByteCount.mebibytes(1)

    /// Their results tell what a server can do (MCP 2025-11-25, "Initialization"; 2026-07-28, "Discovery").
    private static let introductions = ["initialize", "server/discover"]

    private let calls: CallTable
    private let choices: [Choice]
    /// For everything else.
    private let heads: HeadRoutes
    private let limit: ByteCount
    /// What the routes offer, for the answer to `initialize`, a JSON text; `nil`: nothing.
    private let capability: String?

    init(_ calls: CallTable, _ routes: [PlannedRoute], otherwise heads: HeadRoutes) {
        self.calls = calls
        choices = routes.map { Choice(route: $0.route, isPayable: $0.isPriced) }
        self.heads = heads
        limit = routes.map { $0.route.bodyLimit ?? Self.usualLimit }.max() ?? Self.usualLimit
        capability = calls.isMCP ? Self.capability(of: routes.flatMap { $0.offer?.intents ?? [] }) : nil
    }

    // MARK: Choosing

    func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        exchange[JSONRPCForm.self] = JSONRPCForm()
        let request = exchange.request
        if request.opensWebSocket {
            return .now(.reply(Reply(.forbidden, detail: "calls are not taken over a WebSocket here")))
        }
        if let refusal = Self.refusal(of: request) { return .now(.reply(refusal)) }
        return try exchange.body(upTo: limit).map { try choose(by: $0, in: exchange) }
    }

    /// What would make the body mean something else to others than to the gateway.
    private static func refusal(of request: RequestHead) -> Reply? {
        if let name = FieldName("content-encoding"),
            request.fields.values(of: name).contains(where: { $0.lowercased() != "identity" })
        {
            return Reply(.unsupportedMediaType, detail: "the body of a call must not be compressed")
        }
        let types = request.fields.values(of: .contentType).map { type in
            type.lowercased().filter { $0 != " " && $0 != "\t" && $0 != "\"" }
        }
        // Nothing else: of several charsets, and of other types, servers read what they like.
        guard types.count <= 1, types.allSatisfy(contentTypes.contains) else {
            return Reply(.unsupportedMediaType, detail: "a call is application/json, in UTF-8")
        }
        return nil
    }

    private func choose(by bytes: ByteBuffer, in exchange: Exchange) throws -> Decision {
        do throws(JSONRPCFault) {
            let body = try JSONRPCBody(bytes)
            let decision = try choose(by: body, in: exchange)
            if let limit = exchange.route.bodyLimit, bytes.readableBytes > limit.bytes {
                return .reply(Reply(.contentTooLarge, detail: "the call is longer than \(limit)"))
            }
            if let concealed = body.concealed(bytes) { exchange.forward(concealed) }
            return decision
        } catch {
            var form = exchange[JSONRPCForm.self] ?? JSONRPCForm()
            form.code = error.code
            exchange[JSONRPCForm.self] = form
            return .reply(Reply(.badRequest, detail: error.detail))
        }
    }

    private func choose(by body: JSONRPCBody, in exchange: Exchange) throws(JSONRPCFault) -> Decision {
        guard !body.isBatch, let message = body.messages.first else { return try choose(byBatch: body, in: exchange) }
        guard case .call(let call) = message else { return enter(heads.choice(for: exchange.request), in: exchange) }
        exchange[JSONRPCForm.self] = JSONRPCForm(id: call.id)
        if calls.isMCP { try checkFields(of: exchange.request, call) }
        let choice = try choice(for: call, in: exchange)
        if call.id == nil, choice?.isPayable == true {
            // Nobody would learn what it costs, so it never happens (draft-payment-transport-mcp, "Notifications").
            return .reply(Reply(.accepted))
        }
        exchange[JSONRPCCall.self] = call
        exchange[CallTransport.self] = calls.isMCP ? .mcp : .plain
        if choice?.isPayable == true || capability != nil && Self.introductions.contains(call.method) {
            // Something may have to be put into the answer.
            exchange.edits.acceptOnlyIdentity(of: exchange.request)
        }
        return enter(choice, in: exchange)
    }

    /// A batch has one answer, and each of its calls could have a price of its own: it passes where none of them has.
    private func choose(byBatch body: JSONRPCBody, in exchange: Exchange) throws(JSONRPCFault) -> Decision {
        var chosen: Choice?
        for message in body.messages {
            let choice: Choice? =
                switch message {
                case .call(let call): try choice(for: call, in: exchange)
                case .answer: heads.choice(for: exchange.request)
                }
            guard let choice else { return enter(nil, in: exchange) }
            guard !choice.isPayable else {
                throw JSONRPCFault(
                    .invalidRequest,
                    "a batch may hold no call that costs something: send each by itself"
                )
            }
            guard chosen.map({ $0.route === choice.route }) ?? true else {
                throw JSONRPCFault(
                    .invalidRequest,
                    "the calls of a batch belong to different routes: send each by itself"
                )
            }
            chosen = choice
        }
        return enter(chosen, in: exchange)
    }

    private func choice(for call: JSONRPCCall, in exchange: Exchange) throws(JSONRPCFault) -> Choice? {
        try calls.route(for: call).map { choices[$0] } ?? heads.choice(for: exchange.request)
    }

    private func enter(_ choice: Choice?, in exchange: Exchange) -> Decision {
        guard let route = choice?.route else {
            return .reply(Reply(.notFound, detail: "no route takes this call"))
        }
        exchange.route = Route(
            name: route.name,
            service: route.service,
            stages: [self] + route.stages,
            places: [nil] + route.places,
            bodyLimit: route.bodyLimit
        )
        exchange.bodyLimit = route.bodyLimit
        return .next
    }

    /// Fields that repeat what the body says, for whoever does not read bodies: they must not say something else.
    private func checkFields(of request: RequestHead, _ call: JSONRPCCall) throws(JSONRPCFault) {
        for (name, value) in [("mcp-method", call.method), ("mcp-name", call.name)] {
            guard let field = FieldName(name) else { continue }
            for text in request.fields.values(of: field) {
                guard let value, CallText.fieldValues(of: value).contains(where: { $0.utf8.elementsEqual(text.utf8) })
                else {
                    throw JSONRPCFault(.invalidRequest, "the field '\(name)' says something else than the body")
                }
            }
        }
    }

    // MARK: Answering

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let capability, let call = exchange[JSONRPCCall.self], Self.introductions.contains(call.method),
            response.status.code == 200
        else { return }
        exchange.insert("payment", capability, at: ["result", "capabilities", "experimental"], into: &response)
    }

    /// draft-payment-transport-mcp, "MCP Capability Advertisement".
    private static func capability(of intents: [OfferedIntent]) -> String? {
        var methods = [(name: String, intents: [String])]()
        for offered in intents where offered.isForCalls {
            let index = methods.firstIndex { $0.name == offered.method } ?? methods.count
            if index == methods.count { methods.append((offered.method, [])) }
            if !methods[index].intents.contains(offered.intent) { methods[index].intents.append(offered.intent) }
        }
        guard !methods.isEmpty else { return nil }
        let texts = methods.map { method in
            "\(JSONText.quoted(method.name)):{\"intents\":[\(method.intents.map(JSONText.quoted).joined(separator: ","))]}"
        }
        return "{\"methods\":{\(texts.joined(separator: ","))}}"
    }
}
