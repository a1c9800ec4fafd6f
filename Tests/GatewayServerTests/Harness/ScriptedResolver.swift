import GatewayServer
import NIOCore

/// Knows what a test tells it, and counts how often it is asked.
final class ScriptedResolver: NameResolver {
    struct Silence: Error {}

    private struct State {
        var addresses: [SocketAddress]?
        var questions = 0
    }

    private let state: Watched<State>

    /// - Parameter ports: of this machine; `nil`: it has no answer.
    init(_ ports: [Int]?) throws {
        state = Watched(State(addresses: try ports.map(Self.addresses)))
    }

    init(_ addresses: [SocketAddress]) {
        state = Watched(State(addresses: addresses))
    }

    private static func addresses(_ ports: [Int]) throws -> [SocketAddress] {
        try ports.map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
    }

    var questions: Int { state.value.questions }

    /// Gives other answers, and waits until one of them has been used: the next question of the same event loop comes
    /// after that.
    func change(to ports: [Int]?) async throws {
        let addresses = try ports.map(Self.addresses)
        let before = state.update {
            $0.addresses = addresses
            return $0.questions
        }
        try await state.wait(for: "two more questions") { $0.questions >= before + 2 }
    }

    func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
        let addresses = state.update {
            $0.questions += 1
            return $0.addresses
        }
        guard let addresses else { throw Silence() }
        return addresses
    }
}
