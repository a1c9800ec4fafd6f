internal import ArgumentParser
internal import GatewayKit

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

@main
enum Main {
    static func main() async {
        // A reader that leaves early (`sluice get ... | head`) is no reason to die without a word.
        signal(SIGPIPE, SIG_IGN)
        EventLoopCount.adopt()
        do {
            var command = try Sluice.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            if !failure.description.isEmpty {
                Terminal.standardError("error: \(failure)")
            }
            exit(failure.status.rawValue)
        } catch let failure as StartFailure {
            Terminal.standardError("error: \(failure)")
            exit(ExitStatus.failed.rawValue)
        } catch {
            let code = Sluice.exitCode(for: error)
            guard code != .success else {
                Terminal.standardOutput(Sluice.fullMessage(for: error))
                exit(ExitStatus.done.rawValue)
            }
            Terminal.standardError(Sluice.fullMessage(for: error))
            exit(code == .validationFailure ? ExitStatus.usage.rawValue : ExitStatus.failed.rawValue)
        }
    }
}
