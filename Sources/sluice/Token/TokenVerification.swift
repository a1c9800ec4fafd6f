package import GatewayKit
internal import HTTPTypes
package import L402
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Origin
internal import SpendLimit
internal import Standard
internal import TimeOfDay

/// Whether a token opens a request, caveat by caveat, as the stages of a gateway see it.
package struct TokenVerification: Sendable {
    /// The request; `nil` where it is not said.
    package struct Request: Sendable {
        let service: String?
        let tier: Int
        let path: String?
        let method: String?
        let address: IPAddress?
        let time: WallTime
        let capabilities: [String]
        let ignored: [String]

        /// - Throws: `CommandFailure` for a path, a method or an address that cannot be one.
        package init(
            service: String? = nil,
            tier: Int = 0,
            path: String? = nil,
            method: String? = nil,
            address: String? = nil,
            time: WallTime,
            capabilities: [String] = [],
            ignored: [String] = []
        ) throws {
            self.service = service
            self.tier = tier
            self.path = try path.map { text in
                guard let path = RequestPath.normalised(text) else {
                    throw CommandFailure(.usage, "'\(text.printable)' should be a path such as /v1/quotes")
                }
                return path
            }
            guard method.map({ HTTPRequest.Method($0) != nil }) ?? true else {
                throw CommandFailure(.usage, "the method should be a word such as GET")
            }
            self.method = method
            self.address = try address.map { text in
                guard let address = IPAddress(text) else {
                    throw CommandFailure(.usage, "'\(text.printable)' should be an address such as 192.0.2.7")
                }
                return address
            }
            self.time = time
            self.capabilities = capabilities
            self.ignored = ignored
        }
    }

    package struct Finding: Encodable, Sendable {
        package let caveat: String
        package let asks: String
        package let holds: Bool
        /// Why it does not; `nil` when it does.
        package let reason: String?
    }

    private struct Document: Encodable {
        let valid: Bool
        let signature: String
        let preimage: String
        let caveats: [Finding]
    }

    package let signature: Keyring.Signature
    package let proof: PresentedToken.Proof
    package let findings: [Finding]

    package init(_ token: PresentedToken, keyring: Keyring, _ request: Request) {
        signature = keyring.signature(of: token.macaroon)
        proof = token.proof
        findings = Self.findings(of: token, request)
    }

    package var isValid: Bool {
        signature == .right && proof == .right && findings.allSatisfy(\.holds)
    }

    package func json() -> String {
        JSONOutput.text(
            Document(valid: isValid, signature: signature.rawValue, preimage: proof.rawValue, caveats: findings)
        )
    }

    package func text(explained: Bool) -> String {
        let verdict = isValid ? "valid" : "refused: \(firstReason)"
        guard explained else { return verdict.printable }
        var rows = [
            ["signature", signature == .right ? "holds" : "fails", signature.rawValue],
            ["preimage", proof == .right ? "holds" : "fails", proof.rawValue],
        ]
        rows += findings.map { finding in
            let asked = finding.reason.map { "asks that \(finding.asks): \($0)" } ?? "asks that \(finding.asks)"
            return [finding.caveat, finding.holds ? "holds" : "fails", asked]
        }
        return "\(TextTable.text(rows))\n\n\(verdict.printable)"
    }

    private var firstReason: String {
        if signature == .unknownKey { return "it is signed with a key that is not in the keyring" }
        if signature == .wrong { return "its signature is not that of the keyring" }
        if proof == .missing { return "it comes without the preimage of its payment" }
        if proof == .wrong { return "its preimage is not that of its payment" }
        return findings.first { !$0.holds }?.reason ?? ""
    }

    // MARK: Caveats

    private static func findings(of token: PresentedToken, _ request: Request) -> [Finding] {
        let caveats = token.restrictions
        let exchange = exchange(for: request, credentialOf: token)
        let stage = CaveatsStage(verifiers(for: request), ignoring: request.ignored)
        var findings = caveats.indices.map { index in
            let caveat = caveats[index]
            let reason =
                missing(for: caveat, in: request).map { "not given: --\($0)" } ?? unknowable(caveat, in: request)
                ?? stage.rejection(ofCaveatAt: index, among: caveats, in: exchange)?.detail
            return Finding(
                caveat: caveat.description,
                asks: CaveatMeaning.text(of: caveat),
                holds: reason == nil,
                reason: reason
            )
        }
        if token.hasUnreadableCaveat {
            let reason = "a gateway cannot read it"
            findings.append(
                Finding(caveat: "(not text, or a third party's)", asks: "something", holds: false, reason: reason)
            )
        }
        return findings
    }

    /// The option that a caveat asks about and that was not given.
    private static func missing(for caveat: Caveat, in request: Request) -> String? {
        if request.ignored.contains(caveat.condition) { return nil }
        switch caveat.condition {
        case "path": return request.path == nil ? "path" : nil
        case "method": return request.method == nil ? "method" : nil
        case "address": return request.address == nil ? "address" : nil
        default:
            let isOfService =
                caveat.condition == "services" || caveat.condition.hasSuffix("_valid_until")
                || caveat.condition.hasSuffix("_capabilities")
            return isOfService && request.service == nil ? "service" : nil
        }
    }

    /// Why nobody can tell without a policy and its store whether a caveat holds; `nil` where that is known, or ignored.
    private static func unknowable(_ caveat: Caveat, in request: Request) -> String? {
        let words = [OriginCaveat.word, SpendLimitCaveat.word, TimeOfDayCaveat.word]
        guard words.contains(caveat.condition), !request.ignored.contains(caveat.condition) else { return nil }
        return "only a gateway can tell, by its policy and its store"
    }

    private static func verifiers(for request: Request) -> [any CaveatVerifier] {
        let registry = BuiltIn.registry
        let time = TimeSource(now: { [time = request.time] in time }, uptime: TimeSource.system.uptime)
        let services = Services(
            registry: registry,
            time: time,
            logger: Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() },
            store: NoStore(),
            lightning: NoLightning(),
            dataFolder: "",
            route: request.service ?? "",
            service: request.service ?? ""
        )
        services.sales.note([Sale(scheme: L402Scheme.word, caveats: [], tier: request.tier)])
        let place = Place(file: "(command line)", line: 1, column: 1)
        let capabilities = PolicyNode(.list(request.capabilities.map { PolicyNode(.text($0), at: place) }), at: place)
        return registry.verifiers.sorted { $0.key < $1.key }.compactMap { word, type in
            let takesCapabilities = word == CapabilitiesVerifier.word && !request.capabilities.isEmpty
            var reader = PolicyReader(
                takesCapabilities ? capabilities : PolicyNode(.empty, at: place),
                word: word,
                mistakes: PolicyMistakes(),
                references: NoReferences()
            )
            return try? type.init(from: &reader, services)
        }
    }

    private static func exchange(for request: Request, credentialOf token: PresentedToken) -> Exchange {
        let name = request.service ?? ""
        let exchange = Exchange(
            id: ExchangeID(0),
            request: RequestHead(
                method: request.method.flatMap { HTTPRequest.Method($0) } ?? .get,
                version: .http1_1,
                authorityBytes: ByteBuffer(),
                pathBytes: ByteBuffer(string: request.path ?? "/"),
                queryBytes: ByteBuffer(),
                fields: Fields(),
                body: .none
            ),
            client: Client(address: request.address),
            route: Route(name: name, service: name, stages: []),
            logger: Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() },
            eventLoop: MultiThreadedEventLoopGroup.singleton.any()
        )
        if let identifier = token.identifier {
            exchange.credential = Credential(
                scheme: L402Scheme.word,
                id: CredentialID(identifier.tokenID),
                payment: identifier.payment,
                caveats: token.restrictions
            )
        }
        return exchange
    }

    /// Nothing on a command line refers to a file or a variable.
    private struct NoReferences: PolicyReferences {
        func resolve(_ reference: PolicyNode.Reference) throws -> String { "" }
    }
}
