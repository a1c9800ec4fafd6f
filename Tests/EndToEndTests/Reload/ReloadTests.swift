import AsyncHTTPClient
import Foundation
import GatewayTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing
import sluice

@Suite(.timeLimit(.minutes(2))) struct `A running gateway takes up a changed policy` {
    private typealias Subject = ReloadingGateway

    @Test func `and the next request goes by it`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            #expect(try await gateway.status("/quotes") == 402)
            #expect(try await gateway.status("/new") == 404)
            try gateway.write(Subject.route("25 sat") + "\n" + Subject.route(nil, path: "/new", name: "new"))
            let report = await gateway.reload()
            #expect(report.result == .applied)
            #expect(report.changes.contains("/quotes 10 sat -> 25 sat"))
            #expect(report.changes.contains("/new becomes free (was not found)") == false)
            #expect(try await gateway.status("/new") == 200)
        }
    }

    @Test func `with all of a change or nothing of it`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            try gateway.write(Subject.route("25 saat") + "\n" + Subject.route(nil, path: "/new", name: "new"))
            let report = await gateway.reload()
            #expect(report.result == .failed)
            #expect(report.reasons.count == 1)
            #expect(report.reasons[0].contains("/policies/a.yaml:"))
            #expect(report.reasons[0].contains("25 saat"))
            #expect(try await gateway.status("/new") == 404)
            #expect(try await gateway.status("/quotes") == 402)
        }
    }

    @Test func `where nothing has changed, nothing happens`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            #expect(await gateway.reload().result == .unchanged)
            try gateway.write(Subject.route("10 sat"))
            #expect(await gateway.reload().result == .unchanged)
        }
    }

    @Test func `but not one that makes a paid request free, unless it is allowed to`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            try gateway.write(Subject.route(nil))
            let report = await gateway.reload()
            #expect(report.result == .refused)
            #expect(report.reasons == ["guard: money stands against it: /quotes becomes free (was 10 sat)"])
            #expect(try await gateway.status("/quotes") == 402)
            #expect(await gateway.reload(allowingLosses: true).result == .applied)
            #expect(try await gateway.status("/quotes") == 200)
        }
    }

    @Test func `and where the guard is off, also one that makes it free`() async throws {
        let off = "reload: { watch: false, guard: off }"
        try await Subject.with(Subject.route("10 sat"), more: off) { gateway in
            try gateway.write(Subject.route(nil), more: off)
            #expect(await gateway.reload().result == .applied)
        }
    }

    @Test func `whose guard is the one that was served, not the one that comes`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            try gateway.write(Subject.route(nil), more: "reload: { watch: false, guard: off }")
            #expect(await gateway.reload().result == .refused)
        }
    }

    @Test func `but not another store, which takes a new start`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            let path = "\(gateway.folder.path)/policies/a.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try Data(text.replacingOccurrences(of: "use: sqlite", with: "use: memory").utf8).write(
                to: URL(filePath: path)
            )
            let report = await gateway.reload()
            #expect(report.result == .failed)
            #expect(report.reasons.first?.contains("'store' is not what the gateway runs with") == true)
        }
    }

    @Test func `and serves what was bought before`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            let token = try await gateway.buy("/quotes")
            try gateway.write(Subject.route("25 sat"))
            #expect(await gateway.reload().result == .applied)
            #expect(try await gateway.status("/quotes", .GET, [("Authorization", token)]) == 200)
        }
    }

    @Test func `and a request that is under way ends on the plan that it began on`() async throws {
        try await Subject.with(Subject.route(nil, path: "/hang/*", name: "hang")) { gateway in
            async let slow = gateway.status("/hang/hang")
            while EchoUpstream.reached("/hang/hang") == 0 { await Task.yield() }
            try gateway.write(Subject.route(nil))
            #expect(await gateway.reload().result == .applied)
            #expect(try await gateway.status("/hang/hang") == 404)
            #expect(try await slow == 200)
        }
    }

    @Test func `two hundred times under load, and loses no request`() async throws {
        try await Subject.with(Subject.route("10 sat") + "\n" + Subject.route(nil, path: "/free", name: "free")) {
            gateway in
            let isOver = NIOLockedValueBox(false)
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        var served = 0
                        while !isOver.withLockedValue({ $0 }) {
                            let status = try await gateway.status("/free")
                            guard status == 200 else { throw ConformanceFailure("\(status) after \(served) requests") }
                            served += 1
                        }
                        return served
                    }
                }
                for round in 1...200 {
                    let routes =
                        Subject.route("\(10 + round % 2) sat") + "\n" + Subject.route(nil, path: "/free", name: "free")
                    try gateway.write(routes + "\n" + Subject.route(nil, path: "/n\(round)", name: "n\(round)"))
                    let report = await gateway.reload()
                    #expect(report.result == .applied, "\(report)")
                }
                isOver.withLockedValue { $0 = true }
                var served = 0
                for try await count in tasks { served += count }
                #expect(served > 200)
            }
            #expect(try await gateway.status("/n200") == 200)
            #expect(try await gateway.status("/n199") == 404)
        }
    }

    @Test func `by itself, once a file has changed, or another one is there`() async throws {
        try await Subject.with(Subject.route("10 sat"), more: "reload: { watch: true }") { gateway in
            try gateway.write(Subject.route("25 sat"), more: "reload: { watch: true }")
            while await gateway.running.reload.status.reloads == 0 { await Task.yield() }
            let another = "routes:\n" + Subject.route(nil, path: "/new", name: "new")
            try Data("version: 1\n\(another)\n".utf8).write(to: URL(filePath: "\(gateway.folder.path)/policies/b.yaml"))
            while try await gateway.status("/new") == 404 {}
            #expect(try await gateway.status("/new") == 200)
            let files = await gateway.running.reload.status.files
            #expect(files.contains { $0.hasSuffix("/b.yaml") })
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `An operator asks a running gateway` {
    private typealias Subject = ReloadingGateway

    @Test func `to reload, and is told what changed`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            try gateway.write(Subject.route("25 sat"))
            let answer = try await gateway.answer(gateway.admin + "/reload", .POST)
            #expect(answer.status == .ok)
            #expect(answer.body.contains(#""result" : "applied""#))
            #expect(answer.body.contains("/quotes 10 sat -> 25 sat"))
        }
    }

    @Test func `to reload, and is told why it does not`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            try gateway.write(Subject.route(nil))
            #expect(try await gateway.answer(gateway.admin + "/reload", .POST).status == .conflict)
            #expect(try await gateway.answer(gateway.admin + "/reload?allow=everything", .POST).status == .badRequest)
            #expect(try await gateway.answer(gateway.admin + "/reload?allow=losses", .POST).status == .ok)
            try gateway.write("  - nonsense")
            #expect(try await gateway.answer(gateway.admin + "/reload", .POST).status.code == 422)
        }
    }

    @Test func `what became of the last reload`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            #expect(try await gateway.answer(gateway.admin + "/status").body.contains("last") == false)
            try gateway.write(Subject.route(nil))
            _ = await gateway.reload()
            let answer = try await gateway.answer(gateway.admin + "/status")
            #expect(answer.status == .ok)
            #expect(answer.body.contains(#""result" : "refused""#))
            #expect(answer.body.contains("/policies/a.yaml"))
        }
    }

    @Test(arguments: [("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-origin")])
    func `and no page in a browser does`(field: (String, String)) async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            #expect(try await gateway.answer(gateway.admin + "/reload", .POST, [field]).status == .forbidden)
            #expect(try await gateway.answer(gateway.admin + "/reload", .GET).status == .methodNotAllowed)
        }
    }
}
