package import GatewayKit
internal import HTTPTypes

/// Lets pages of other origins call a route (Fetch standard, "HTTP-CORS protocol").
///
/// Stands first: it answers preflights itself, so that none is charged, needs a credential or reaches the upstream, and
/// every other answer of the route, a 402 among them, carries its fields.
package struct CORSStage: StagePlugin {
    package static let word = "cors"
    package static let answersPreflights = true

    private static let allowOrigin = FieldName(.accessControlAllowOrigin)
    private static let defaultMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    /// What clients of L402, MPP and gRPC-Web send.
    private static let requestFields = [
        "Content-Type", "Authorization", "Payment-Authorization", "Accept-Payment", "Idempotency-Key",
        "Grpc-Metadata-Macaroon", "Macaroon", "Grpc-Timeout", "X-Grpc-Web", "X-User-Agent",
    ]
    /// What they read.
    private static let responseFields = [
        "WWW-Authenticate", "Payment-Receipt", "Payment-Session-Secret", "Retry-After", "RateLimit", "RateLimit-Policy",
        "Grpc-Status", "Grpc-Message", "Sluice-Decision",
    ]

    /// `nil`: every origin.
    private let origins: [String]?
    private let allowsCredentials: Bool
    private let exposed: [String]
    private let exposedList: String
    /// Of the answer to a preflight.
    private let permissions: [(name: FieldName, value: String)]

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let nodes: [PolicyNode]
        var methods = Self.defaultMethods
        var requestFields = Self.requestFields
        var exposed = Self.responseFields
        var maxAge = Duration.seconds(600)
        var allowsCredentials = false
        if let short = settings.shorthand() {
            if case .list(let list) = short.content { nodes = list } else { nodes = [short] }
        } else {
            nodes = settings.nodes("origins")
            requestFields += Self.names("headers", from: &settings)
            exposed += Self.names("expose", from: &settings)
            if settings.contains("methods") { methods = Self.methods(from: &settings) }
            maxAge = settings.duration("max-age", or: maxAge)
            allowsCredentials = settings.flag("credentials", or: false)
        }
        origins = Self.origins(nodes, in: settings)
        if allowsCredentials, origins == nil {
            settings.note(
                settings.error(at: "credentials", "needs 'origins' that are named: every page could use them")
            )
        }
        self.allowsCredentials = allowsCredentials
        self.exposed = exposed
        exposedList = exposed.joined(separator: ", ")
        permissions = [
            (FieldName(.accessControlAllowMethods), methods.joined(separator: ", ")),
            (FieldName(.accessControlAllowHeaders), requestFields.joined(separator: ", ")),
            (FieldName(.accessControlMaxAge), "\(maxAge.components.seconds)"),
        ]
    }

    package var summary: String {
        let names = origins?.joined(separator: ", ") ?? "every origin"
        return allowsCredentials ? "\(names), with credentials" : names
    }

    // MARK: Settings

    /// `nil`: every origin.
    private static func origins(_ nodes: [PolicyNode], in settings: PolicyReader) -> [String]? {
        let expected = "an origin such as https://app.example.com, or \"*\" for every one"
        if nodes.isEmpty {
            settings.note(settings.place, "'cors' needs 'origins': \(expected)")
        }
        var origins = [String]()
        var isAny = false
        for node in nodes {
            let origin = settings.value(of: node, named: "'origins'", expected: expected) { text in
                text == "*" || isOrigin(text) ? text : nil
            }
            if origin == "*" {
                isAny = true
            } else if let origin {
                origins.append(origin)
            }
        }
        if isAny, nodes.count > 1 {
            settings.note(settings.place, "'origins' names '*' beside others, which it stands for already")
        }
        return isAny ? nil : origins
    }

    /// As browsers write it (RFC 6454 §6.2): compared byte by byte.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return false }
        let authority = text.utf8.dropFirst(scheme.utf8.count)
        return !authority.isEmpty
            && authority.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || "-._:[]".utf8.contains(byte)
            }
    }

    private static func names(_ key: String, from settings: inout PolicyReader) -> [String] {
        let nodes = settings.nodes(key)
        return nodes.compactMap { node in
            settings.value(of: node, named: "'\(key)'", expected: "names of header fields") { text in
                FieldName(text) == nil ? nil : text
            }
        }
    }

    private static func methods(from settings: inout PolicyReader) -> [String] {
        let nodes = settings.nodes("methods")
        if nodes.isEmpty {
            settings.note(settings.error(at: "methods", "should name a method such as GET"))
        }
        return nodes.compactMap { node in
            settings.value(of: node, named: "'methods'", expected: "methods such as GET, in upper case") { text in
                HTTPRequest.Method(text) == nil || text.uppercased() != text ? nil : text
            }
        }
    }

    // MARK: Requests

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        guard exchange.request.preflightMethod != nil else { return .now(.next) }
        let origin = exchange.request.fields.firstIndex(of: .origin).map { exchange.request.fields.value(at: $0) }
        guard isAllowed(origin) else {
            var refusal = Reply(.forbidden, detail: "this route is not for pages of that origin")
            addVary(to: &refusal.fields)
            return .now(.reply(refusal))
        }
        var reply = Reply(.noContent)
        addOrigin(origin, to: &reply.fields)
        for field in permissions {
            reply.fields.add(field.name, field.value)
        }
        return .now(.reply(reply))
    }

    /// What the upstream says about origins is replaced; what it exposes is exposed too.
    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        let origin = exchange.request.fields.firstIndex(of: .origin).map { exchange.request.fields.value(at: $0) }
        response.fields.remove(Self.allowOrigin)
        response.fields.remove(FieldName(.accessControlAllowCredentials))
        addOrigin(origin, to: &response.fields)
        let name = FieldName(.accessControlExposeHeaders)
        let others = response.fields.values(of: name).flatMap { value in
            value.split(separator: ",").map { String($0.drop { $0 == " " }) }
        }.filter { other in !exposed.contains { $0.lowercased() == other.lowercased() } }
        response.fields.set(name, ([exposedList] + others).joined(separator: ", "))
    }

    private func isAllowed(_ origin: String?) -> Bool {
        guard let origins else { return true }
        return origin.map { origins.contains($0) } ?? false
    }

    private func addOrigin(_ origin: String?, to fields: inout Fields) {
        guard origins != nil else {
            fields.add(Self.allowOrigin, "*")
            return
        }
        addVary(to: &fields)
        guard let origin, isAllowed(origin) else { return }
        fields.add(Self.allowOrigin, origin)
        if allowsCredentials {
            fields.add(FieldName(.accessControlAllowCredentials), "true")
        }
    }

    /// The answer depends on who asks, where not everybody may.
    private func addVary(to fields: inout Fields) {
        guard origins != nil else { return }
        fields.add(FieldName(.vary), "Origin")
    }
}
