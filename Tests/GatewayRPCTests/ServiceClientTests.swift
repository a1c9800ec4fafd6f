import GRPCCore
import GatewayKit
import GatewayRPC
import GatewayTesting
import NIOCore
import NIOPosix
import Testing

/// The client against servers of grpc-swift that do what a script says.
@Suite(.timeLimit(.minutes(5)))
struct ServiceClientTests {
    /// Nobody listens there: privileged, and no service's.
    private static let nowhere = "127.0.0.1:1"

    @Test func `an answer arrives`() async throws {
        let status = try await ScriptedHealth().serving { address in
            try await ServiceClient.with([address]) { await $0.check().status }
        }
        #expect(status == .serving)
    }

    @Test func `a service that is not there is unavailable`() async throws {
        let reason = try await ServiceClient.with([Self.nowhere]) { await $0.check().reason }
        #expect(reason == .unavailable)
    }

    @Test func `a service that is silent times out`() async throws {
        let reason = try await ScriptedHealth(then: .silence).serving { address in
            try await ServiceClient.with([address], timeout: .milliseconds(50)) { await $0.check().reason }
        }
        #expect(reason == .timedOut)
    }

    @Test func `a refusal says its status, and moves no cursor`() async throws {
        let failure = try await ScriptedHealth(then: .refusal(.permissionDenied)).serving { address in
            try await ServiceClient.with([address]) { client in
                await #expect(throws: ServiceFailure.self) { try await client.check().get() }
            }
        }
        #expect(failure?.reason == .refused(.permissionDenied))
        #expect(failure?.detail == "told to say so")
    }

    @Test func `another address is asked where one is unavailable`() async throws {
        let server = ScriptedHealth()
        let statuses = try await server.serving { address in
            try await ServiceClient.with([Self.nowhere, address]) { client in
                [await client.check().status, await client.check().status]
            }
        }
        #expect(statuses == [.serving, .serving])
    }

    @Test func `what must not be repeated is asked once`() async throws {
        let server = ScriptedHealth(then: .refusal(.unavailable))
        let reason = try await server.serving { address in
            try await ServiceClient.with([address]) { await $0.check(isRepeatable: false).reason }
        }
        #expect(reason == .unavailable)
        #expect(server.count == 1)
    }

    @Test func `what may be repeated is asked as often as the settings say`() async throws {
        let server = ScriptedHealth(then: .refusal(.unavailable))
        _ = try await server.serving { address in
            try await ServiceClient.with([address], change: { $0.retries = 2 }) { await $0.check().reason }
        }
        #expect(server.count == 3)
    }

    @Test func `a refusal is no reason to ask again`() async throws {
        let server = ScriptedHealth(then: .refusal(.permissionDenied))
        _ = try await server.serving { address in
            try await ServiceClient.with([address], change: { $0.retries = 2 }) { await $0.check().reason }
        }
        #expect(server.count == 1)
    }

    @Test func `addresses take turns`() async throws {
        let (one, other) = (ScriptedHealth(), ScriptedHealth())
        try await one.serving { first in
            try await other.serving { second in
                try await ServiceClient.with([first, second]) { client in
                    for _ in 1...4 { _ = await client.check() }
                }
            }
        }
        #expect([one.count, other.count] == [2, 2])
    }

    @Test func `an answer that cannot be read is malformed`() async throws {
        let reason = try await GarbledHealth().serving { address in
            try await ServiceClient.with([address]) { await $0.check().reason }
        }
        #expect(reason == .malformed)
    }

    @Test func `an answer that is too long is not read`() async throws {
        let reason = try await ScriptedHealth().serving { address in
            try await ServiceClient.with([address], change: { $0.answerLimit = .init(1) }) { await $0.check().reason }
        }
        // grpc-swift ends such a call as one that it cannot go on with.
        #expect(reason == .refused(.internalError))
    }

    // MARK: Breaker

    @Test func `a service that fails now and then is asked on`() async throws {
        let server = ScriptedHealth([
            .refusal(.internalError), .status(.serving), .refusal(.internalError), .status(.serving),
        ])
        let statuses = try await server.serving { address in
            try await ServiceClient.with([address], change: { $0.breaker.failures = 2 }) { client in
                var statuses = [Bool]()
                for _ in 1...5 { statuses.append(await client.check().status != nil) }
                return statuses
            }
        }
        #expect(statuses == [false, true, false, true, true])
    }

    @Test func `a service that keeps failing is left alone, and asked again after a while`() async throws {
        let failures = [ScriptedHealth.Answer](repeating: .refusal(.internalError), count: 3)
        let server = ScriptedHealth(failures)
        let time = ManualTime()
        let reasons = try await server.serving { address in
            try await ServiceClient.with([address], time: time, change: { $0.breaker.failures = 3 }) { client in
                var reasons = [ServiceFailure.Reason?]()
                for _ in 1...4 { reasons.append(await client.check().reason) }
                time.advance(by: .seconds(1))
                reasons.append(await client.check().reason)
                return reasons
            }
        }
        let failed = ServiceFailure.Reason.refused(.internalError)
        #expect(reasons == [failed, failed, failed, .breakerOpen, nil])
        #expect(server.count == 4)
    }

    @Test func `the breaker of one address says nothing of another`() async throws {
        let (bad, good) = (ScriptedHealth(then: .refusal(.internalError)), ScriptedHealth())
        let answered = try await bad.serving { first in
            try await good.serving { second in
                try await ServiceClient.with([first, second], change: { $0.breaker.failures = 1 }) { client in
                    var answered = 0
                    for _ in 1...6 where await client.check().status != nil { answered += 1 }
                    return answered
                }
            }
        }
        #expect(answered == 5)
        #expect(bad.count == 1)
    }

    @Test func `refusals never open the breaker`() async throws {
        let server = ScriptedHealth(then: .refusal(.permissionDenied))
        _ = try await server.serving { address in
            try await ServiceClient.with([address], change: { $0.breaker.failures = 1 }) { client in
                for _ in 1...3 { _ = await client.check() }
            }
        }
        #expect(server.count == 3)
    }

    // MARK: Bounds and life

    @Test func `no more calls are open than may be`() async throws {
        let server = ScriptedHealth(then: .silence)
        let reasons = try await server.serving { address in
            try await ServiceClient.with([address], change: { $0.streamLimit = 2 }) { client in
                await withTaskGroup(of: ServiceFailure.Reason?.self) { group -> [ServiceFailure.Reason?] in
                    for _ in 1...3 { group.addTask { await client.check().reason } }
                    var reasons = [ServiceFailure.Reason?]()
                    if let first = await group.next() { reasons.append(first) }
                    // The others would wait for ever.
                    group.cancelAll()
                    for await reason in group { reasons.append(reason) }
                    return reasons
                }
            }
        }
        #expect(reasons == [.busy, .withdrawn, .withdrawn])
    }

    @Test func `a client that was stopped asks nobody`() async throws {
        let server = ScriptedHealth()
        let reason = try await server.serving { address in
            try await ServiceClient.with([address]) { client in
                await client.stop()
                return await client.check().reason
            }
        }
        #expect(reason == .stopped)
        #expect(server.count == 0)
    }

    @Test func `who leaves takes the call along`() async throws {
        let server = ScriptedHealth(then: .silence)
        let reason = try await server.serving { address in
            try await ServiceClient.with([address]) { client in
                let call = Task { await client.check().reason }
                while server.count == 0 { await Task.yield() }
                call.cancel()
                return await call.value
            }
        }
        #expect(reason == .withdrawn)
    }

    // MARK: Health

    @Test func `an address that says it does not serve is left out until it does`() async throws {
        let server = ScriptedHealth([.status(.notServing)], then: .status(.notServing))
        var health = HealthSettings()
        health.unhealthyCount = 1
        health.interval = .milliseconds(5)
        let reason = try await server.serving { [health] address in
            try await ServiceClient.with([address], change: { $0.health = health }) { client in
                client.start()
                // The finding is noted after the answer was counted.
                while server.count < 3 { await Task.yield() }
                return await client.check().reason
            }
        }
        #expect(reason == .unavailable)
    }
}
