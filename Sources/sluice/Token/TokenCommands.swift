internal import ArgumentParser
internal import GatewayKit
internal import L402

struct InspectTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a token says. Needs no key, and so cannot tell whether it is genuine."
    )

    @OptionGroup var token: TokenArgument
    @OptionGroup var output: OutputOption

    func run() throws {
        let report = TokenReport(try token.read(), at: TimeSource.system.now())
        try output.print(text: report.text(), json: report.json())
    }
}

struct AttenuateTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attenuate",
        abstract: "Add caveats to a token: a weaker one to give to others. Needs no key."
    )

    @OptionGroup var token: TokenArgument

    @Option(name: .customLong("caveat"), help: "A caveat to add: 'path=/v1/*', 'method=GET', 'address=192.0.2.0/24'.")
    var caveats: [String] = []

    @Option(help: "For how long from now on: an end for each service that the token names.")
    var validFor: String?

    @OptionGroup var output: OutputOption

    func run() throws {
        var token = try token.read()
        let added: [String]
        do {
            added = try TokenTerms.caveats(caveats) + TokenTerms.end(of: token.services, validFor: validFor)
        } catch let error as L402Grant.Malformed {
            throw CommandFailure(.usage, error.description.printable)
        }
        guard !added.isEmpty else { throw CommandFailure(.usage, "nothing to add: give --caveat or --valid-for") }
        do {
            try token.add(added)
        } catch {
            throw CommandFailure(.usage, "the token would have more caveats than a gateway reads")
        }
        let report = TokenReport(token, at: TimeSource.system.now(), holdsToken: true)
        try output.print(text: report.text(), json: report.json())
    }
}

struct MintTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Make a token that nobody has paid for, with the gateway's keyring."
    )

    @Option(name: .customLong("service"), help: "A service that it opens: a name, or name:tier.")
    var services: [String] = []

    @Flag(help: "It opens every service of the gateway.")
    var everyService = false

    @Option(name: .customLong("capability"), help: "A capability that it is limited to.")
    var capabilities: [String] = []

    @Option(name: .customLong("caveat"), help: "A further caveat: condition=value.")
    var caveats: [String] = []

    @Option(help: "For how long it is valid; without: for good.")
    var validFor: String?

    @OptionGroup var keyring: KeyringOption
    @OptionGroup var output: OutputOption

    func run() throws {
        guard services.isEmpty == everyService else {
            throw CommandFailure(.usage, "give the services that it opens with --service, or --every-service")
        }
        let now = TimeSource.system.now()
        let grant: L402Grant
        do {
            grant = try L402Grant(
                services: services,
                capabilities: capabilities,
                end: try TokenTerms.duration(validFor).map { now.advanced(by: $0) },
                further: caveats
            )
        } catch let error as L402Grant.Malformed {
            throw CommandFailure(.usage, error.description.printable)
        }
        let preimage = Bytes32.random()
        let payment = PaymentHash(preimage.withUnsafeBytes { Bytes32.sha256(of: $0) })
        guard let macaroon = try keyring.read().macaroon(for: payment, caveats: grant.caveats) else {
            throw CommandFailure(.failed, "the keyring has no key to sign with")
        }
        let token = PresentedToken(macaroon, preimage: Preimage(preimage))
        let report = TokenReport(token, at: now, holdsToken: true)
        try output.print(text: report.text(), json: report.json())
    }
}

struct VerifyTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Tell whether a token would open a request: 0 when it does, 4 when it does not.",
        discussion: """
            Signature, preimage and every caveat are checked as a gateway does that verifies all the caveats it \
            knows. What a caveat asks about and is not given does not hold. Revocations are in the store of a \
            gateway and not looked up.
            """
    )

    @OptionGroup var token: TokenArgument

    @Flag(help: "Say for each caveat what it asks and whether it holds.")
    var explain = false

    @Option(help: "The service that is asked for; without: the one that the token names.")
    var service: String?

    @Option(help: "The tier of the service that the route sells; without: the one that the token names.")
    var tier: Int?

    @Option(help: "The path of the request.")
    var path: String?

    @Option(help: "The method of the request.")
    var method: String?

    @Option(help: "The client's address.")
    var address: String?

    @Option(help: "The time, in seconds since 1970; without: now.")
    var at: Int64?

    @Option(name: .customLong("capability"), help: "A capability that the route needs.")
    var capabilities: [String] = []

    @Option(name: .customLong("ignore"), help: "The condition of a caveat that the route ignores.")
    var ignored: [String] = []

    @OptionGroup var keyring: KeyringOption
    @OptionGroup var output: OutputOption

    func run() throws {
        let token = try token.read()
        let service = service ?? (token.services.count == 1 ? token.services.first : nil)
        let request = try TokenVerification.Request(
            service: service,
            tier: tier ?? service.flatMap { token.tier(of: $0) } ?? 0,
            path: path,
            method: method,
            address: address,
            time: at.map { WallTime(seconds: $0) } ?? TimeSource.system.now(),
            capabilities: capabilities,
            ignored: ignored
        )
        let verification = TokenVerification(token, keyring: try keyring.read(), request)
        try output.print(text: verification.text(explained: explain), json: verification.json())
        guard verification.isValid else { throw CommandFailure(.refused) }
    }
}
