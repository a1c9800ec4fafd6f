import GRPCCore
import GatewayKit
import GatewayRPC
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(5)))
struct RPCServerTests {
    private static func start(
        _ service: any RegistrableRPCService
    ) async throws -> (server: RPCServer, address: String) {
        let server = try await RPCServer.start(
            at: ListenerSettings(host: "127.0.0.1", port: 0),
            services: [service]
        )
        return (server, "127.0.0.1:\(server.address?.port ?? 0)")
    }

    @Test func `a server answers until it is stopped`() async throws {
        let (server, address) = try await Self.start(ServingHealth())
        let (before, after) = try await ServiceClient.with([address]) { client in
            let before = await client.check().status
            await server.stop()
            return (before, await client.check().reason)
        }
        #expect(before == .serving)
        #expect(after == .unavailable)
    }

    @Test func `a call that hangs is ended when the grace is over`() async throws {
        let service = HangingHealth()
        let (server, address) = try await Self.start(service)
        let reason = try await ServiceClient.with([address]) { client in
            async let answer = client.check(isRepeatable: false)
            for await _ in service.arrivals { break }
            await server.stop(within: .zero)
            return await answer.reason
        }
        #expect(reason != nil)
        #expect(reason != .timedOut)
    }

    @Test func `calls and connections may come while it stops`() async throws {
        for _ in 0..<10 {
            let (server, address) = try await Self.start(ServingHealth())
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        _ = try? await ServiceClient.with([address]) { client in
                            for _ in 0..<4 { _ = await client.check(isRepeatable: false) }
                        }
                    }
                }
                group.addTask { await server.stop(within: .zero) }
            }
            // Nobody is left to ask: what is to be seen is that this process is still there.
            let reason = try await ServiceClient.with([address]) { await $0.check().reason }
            #expect(reason == .unavailable)
        }
    }

    @Test func `an address that is taken is named`() async throws {
        let (server, address) = try await Self.start(ServingHealth())
        let taken = try #require(ListenerSettings(parsing: address))
        let failure = await #expect(throws: StartFailure.self) {
            try await RPCServer.start(at: taken, services: [ServingHealth()])
        }
        #expect(failure.map { "\($0)".contains(address) } == true)
        await server.stop()
    }

    @Test func `a name is no address to listen at`() async throws {
        await #expect(throws: StartFailure.self) {
            try await RPCServer.start(
                at: ListenerSettings(host: "prices.internal", port: 0),
                services: [ServingHealth()]
            )
        }
    }
}
