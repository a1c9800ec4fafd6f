import AsyncHTTPClient
import Foundation
import GatewayTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing
import sluice

@Suite(.timeLimit(.minutes(5))) struct `A running gateway takes up a changed policy` {
    private typealias Subject = ReloadingGateway

    @Test func `and the next request goes by it`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            let status1 = try await gateway.status("/quotes")
            #expect(status1 == 402)
            let status2 = try await gateway.status("/new")
            #expect(status2 == 404)
            try gateway.write(Subject.route("25 sat") + "\n" + Subject.route(nil, path: "/new", name: "new"))
            let report = await gateway.reload()
            #expect(report.result == .applied)
            #expect(report.changes.contains("/quotes 10 sat -> 25 sat"))
            #expect(report.changes.contains("/new is served for free"))
            let status3 = try await gateway.status("/new")
            #expect(status3 == 200)
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
            let status4 = try await gateway.status("/new")
            #expect(status4 == 404)
            let status5 = try await gateway.status("/quotes")
            #expect(status5 == 402)
        }
    }

    @Test func `where nothing has changed, nothing happens`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            let found6 = await gateway.reload().result
            #expect(found6 == .unchanged)
            try gateway.write(Subject.route("10 sat"))
            let found7 = await gateway.reload().result
            #expect(found7 == .unchanged)
        }
    }

    @Test func `but not one that makes a paid request free, unless it is allowed to`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            try gateway.write(Subject.route(nil))
            let report = await gateway.reload()
            #expect(report.result == .refused)
            #expect(report.reasons == ["guard: money stands against it: /quotes becomes free (was 10 sat)"])
            let status8 = try await gateway.status("/quotes")
            #expect(status8 == 402)
            let found9 = await gateway.reload(allowingLosses: true).result
            #expect(found9 == .applied)
            let status10 = try await gateway.status("/quotes")
            #expect(status10 == 200)
        }
    }

    @Test func `and where the guard is off, also one that makes it free`() async throws {
        let off = "reload: { watch: false, guard: off }"
        try await Subject.with(Subject.route("10 sat"), more: off) { gateway in
            try gateway.write(Subject.route(nil), more: off)
            let found11 = await gateway.reload().result
            #expect(found11 == .applied)
        }
    }

    @Test func `whose guard is the one that was served, not the one that comes`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            try gateway.write(Subject.route(nil), more: "reload: { watch: false, guard: off }")
            let found12 = await gateway.reload().result
            #expect(found12 == .refused)
        }
    }

    @Test func `with its bounds of invoices, of which those count that are open`() async throws {
        try await Subject.with(Subject.route("10 sat"), more: "\(Subject.manual)\ninvoices: { open: 2 }") { gateway in
            let within = try await gateway.status("/quotes")
            #expect(within == 402)
            try gateway.write(Subject.route("10 sat"), more: "\(Subject.manual)\ninvoices: { open: 1 }")
            let report = await gateway.reload()
            #expect(report.result == .applied)
            let beyond = try await gateway.status("/quotes")
            #expect(beyond == 503)
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
            let found13 = await gateway.reload().result
            #expect(found13 == .applied)
            let status14 = try await gateway.status("/quotes", .GET, [("Authorization", token)])
            #expect(status14 == 200)
        }
    }

    @Test func `and a request that is under way ends on the plan that it began on`() async throws {
        try await Subject.with(Subject.route(nil, path: "/hang/*", name: "hang")) { gateway in
            async let slow = gateway.status("/hang/hang")
            while EchoUpstream.reached("/hang/hang") == 0 { await Task.yield() }
            try gateway.write(Subject.route(nil))
            let found15 = await gateway.reload().result
            #expect(found15 == .applied)
            let status16 = try await gateway.status("/hang/hang")
            #expect(status16 == 404)
            let found17 = try await slow
            #expect(found17 == 200)
        }
    }

    @Test func `two hundred times under load, and loses no request`() async throws {
        try await Subject.with(Subject.route("10 sat") + "\n" + Subject.route(nil, path: "/free", name: "free")) {
            gateway in
            let isOver = NIOLockedValueBox(false)
            let served = NIOLockedValueBox(0)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        // Whoever waits for requests is not kept waiting by one that failed.
                        defer { isOver.withLockedValue { $0 = true } }
                        while !isOver.withLockedValue({ $0 }) {
                            let status = try await gateway.status("/free")
                            guard status == 200 else {
                                throw ConformanceFailure("\(status) after \(served.withLockedValue { $0 }) requests")
                            }
                            served.withLockedValue { $0 += 1 }
                        }
                    }
                }
                for round in 1...200 {
                    let routes =
                        Subject.route("\(10 + round % 2) sat") + "\n" + Subject.route(nil, path: "/free", name: "free")
                    try gateway.write(routes + "\n" + Subject.route(nil, path: "/n\(round)", name: "n\(round)"))
                    let report = await gateway.reload()
                    #expect(report.result == .applied, "\(report)")
                    // There is load all the time, however slow the machine.
                    while served.withLockedValue({ $0 }) <= round, !isOver.withLockedValue({ $0 }) {
                        await Task.yield()
                    }
                }
                isOver.withLockedValue { $0 = true }
                try await tasks.waitForAll()
                #expect(served.withLockedValue { $0 } > 200)
            }
            let status18 = try await gateway.status("/n200")
            #expect(status18 == 200)
            let status19 = try await gateway.status("/n199")
            #expect(status19 == 404)
        }
    }

    @Test func `by itself, once a file has changed, or another one is there`() async throws {
        try await Subject.with(Subject.route("10 sat"), more: "reload: { watch: true }") { gateway in
            try gateway.write(Subject.route("25 sat"), more: "reload: { watch: true }")
            while await gateway.running.reload.status.reloads == 0 { await Task.yield() }
            let another = "routes:\n" + Subject.route(nil, path: "/new", name: "new")
            try Data("version: 1\n\(another)\n".utf8).write(to: URL(filePath: "\(gateway.folder.path)/policies/b.yaml"))
            while try await gateway.status("/new") == 404 {}
            let status20 = try await gateway.status("/new")
            #expect(status20 == 200)
            // Requests go by the new policy a moment before it is what is told of.
            while await gateway.running.reload.status.reloads == 1 { await Task.yield() }
            let files = await gateway.running.reload.status.files
            #expect(files.contains { $0.hasSuffix("/b.yaml") })
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct `An operator asks a running gateway` {
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
            let answer21 = try await gateway.answer(gateway.admin + "/reload", .POST).status
            #expect(answer21 == .conflict)
            let answer22 = try await gateway.answer(gateway.admin + "/reload?allow=everything", .POST).status
            #expect(answer22 == .badRequest)
            let answer23 = try await gateway.answer(gateway.admin + "/reload?allow=losses", .POST).status
            #expect(answer23 == .ok)
            try gateway.write("  - nonsense")
            let answer24 = try await gateway.answer(gateway.admin + "/reload", .POST).status.code
            #expect(answer24 == 422)
        }
    }

    @Test func `what became of the last reload`() async throws {
        try await Subject.with(Subject.route("10 sat")) { gateway in
            let answer25 = try await gateway.answer(gateway.admin + "/status").body.contains("last")
            #expect(answer25 == false)
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
            let answer26 = try await gateway.answer(gateway.admin + "/reload", .POST, [field]).status
            #expect(answer26 == .forbidden)
            let answer27 = try await gateway.answer(gateway.admin + "/reload", .GET).status
            #expect(answer27 == .methodNotAllowed)
        }
    }
}
