internal import ArgumentParser
internal import GatewayKit
internal import L402

/// Works on tokens without a gateway: with a keyring file, or with nothing.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Look at L402 tokens, restrict them, verify them, make them: offline.",
        subcommands: [
            InspectTokenCommand.self, AttenuateTokenCommand.self, VerifyTokenCommand.self, MintTokenCommand.self,
        ]
    )
}

/// The token that a command is about.
struct TokenArgument: ParsableArguments {
    @Argument(help: "'L402 macaroon:preimage', or a macaroon in base64 or hexadecimal; '-' reads a line of input.")
    var token: String

    /// - Throws: `CommandFailure` 2 for what is no token of L402.
    func read() throws -> PresentedToken {
        // A command line can be seen by everybody on the machine; standard input cannot.
        let text = token == "-" ? readLine() ?? "" : token
        do {
            let token = try PresentedToken(parsing: text)
            guard token.identifier != nil else {
                throw CommandFailure(.usage, "the macaroon's identifier is not one of L402 version 0")
            }
            return token
        } catch let error as MalformedMacaroon {
            throw CommandFailure(.usage, "this is no token: \(error)".printable)
        }
    }
}

/// The keyring that a command signs or verifies with.
struct KeyringOption: ParsableArguments {
    @Option(help: "The folder for keys and data; its l402.keyring is used.")
    var data = ".sluice"

    /// - Throws: `CommandFailure` 5 when there is none; none is made.
    func read() throws -> Keyring {
        let file = KeyringFile<Keyring>(dataFolder: data)
        guard let keyring = try file.existing() else {
            throw CommandFailure(.notFound, "there is no keyring \(file.path): name its folder with --data")
        }
        return keyring
    }
}

struct OutputOption: ParsableArguments {
    @Flag(help: "JSON, as when piped.")
    var json = false

    func print(text: @autoclosure () -> String, json document: @autoclosure () -> String) throws {
        _ = try StandardOutput.write(((json || !Terminal.isInteractive ? document() : text()) + "\n").utf8)
    }
}
