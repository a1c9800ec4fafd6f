import Foundation
import GatewayKit
import HTTPTypes
import L402
import Testing
import sluice

@Suite struct `A redirect` {
    private static func redirect(to url: String, _ code: Int = 302) -> Reply {
        var reply = Reply(.init(code: code))
        if let name = FieldName("location") { reply.fields.add(name, url) }
        return reply
    }

    @Test func `to another host: that host sells the token and gets it, the first never sees one`() async throws {
        try await Shopper.with { shopper in
            let target = "\(shopper.gateway.url)/quotes"
            try await ScriptedService.with { _ in
                Self.redirect(to: target)
            } _: { first in
                for _ in 0..<2 {
                    let result = try await shopper.get("/", at: first.url)
                    #expect(result.status == 0)
                    #expect(result.text.hasPrefix("GET /quotes\n"))
                }
                #expect(first.calls.map(\.authorization) == [[], []])
                #expect(shopper.payments.count == 1)
                let cache = try shopper.cache
                #expect(try cache.token(origin: shopper.origin, path: "/quotes") != nil)
                #expect(try cache.token(origin: first.url, service: "quotes") == nil)
            }
        }
    }

    @Test func `takes neither a kept token nor the user's own credential to another host`() async throws {
        try await Shopper.with { shopper in
            try await ScriptedService.with { _ in
                .text("yes")
            } _: { second in
                let target = second.url
                try await ScriptedService.with { _ in
                    Self.redirect(to: target)
                } _: { first in
                    let token = L402Token(token: "kept", preimage: Preimage(.zero))
                    try shopper.cache.keep(token, origin: first.url, service: "first", path: "/a")
                    #expect(try await shopper.get("/a", at: first.url).status == 0)
                    let own = ["-H", "Authorization: Bearer mine"]
                    #expect(try await shopper.get("/b", own, at: first.url).status == 0)
                    #expect(first.calls.map(\.authorization) == [[token.authorization], ["Bearer mine"]])
                    #expect(second.calls.map(\.authorization) == [[], []])
                }
            }
        }
    }

    @Test(arguments: [(301, "GET", ""), (302, "GET", ""), (303, "GET", ""), (307, "POST", "x"), (308, "POST", "x")])
    func `within a host keeps the credential, and the method and body where it should`(
        code: Int,
        method: String,
        body: String
    ) async throws {
        try await Shopper.with { shopper in
            try await ScriptedService.with { call in
                call.target == "/old" ? Self.redirect(to: "/new?a=b", code) : .text("yes")
            } _: { service in
                let arguments = ["-X", "POST", "-d", "x", "-H", "Authorization: Bearer mine"]
                let result = try await shopper.get("/old", arguments, at: service.url)
                #expect(result.text == "yes")
                let last = try #require(service.calls.last)
                #expect(last.target == "/new?a=b")
                #expect([last.method, last.body] == [method, body])
                #expect(last.authorization == ["Bearer mine"])
            }
        }
    }

    @Test func `that never ends is given up`() async throws {
        try await Shopper.with { shopper in
            try await ScriptedService.with { _ in
                Self.redirect(to: "/again")
            } _: { service in
                let result = try await shopper.get("/", at: service.url)
                #expect(result.status == 1)
                #expect(result.error == "error: the server redirects more than 5 times\n")
                #expect(service.calls.count == 6)
            }
        }
    }
}
