import Foundation
import GatewayKit
import L402
import Testing
import sluice

@Suite struct `The file of tokens` {
    private let folder: TemporaryFolder
    private let cache: TokenCache

    init() throws {
        folder = try TemporaryFolder()
        cache = try TokenCache(path: folder.path + "/kept/tokens.json")
    }

    private func token(_ name: String) -> L402Token {
        L402Token(token: name, preimage: Preimage(.random()))
    }

    private func pending(_ name: String, service: String = "a", path: String = "/a") -> PendingToken {
        PendingToken(
            origin: "http://host:80",
            service: service,
            path: path,
            token: name,
            invoice: "lnbcrt1\(name)",
            payment: PaymentHash(.random())
        )
    }

    private func keep(_ token: L402Token, origin: String = "http://host:80", service: String, path: String) throws {
        try cache.keep(token, origin: origin, service: service, path: path)
    }

    @Test func `is its owner's alone, with the folder that is made for it`() throws {
        try keep(token("a"), service: "a", path: "/a")
        _ = try cache.reserve(pending("b", service: "b"))
        #expect(try folder.mode("kept/tokens.json") == 0o600)
        #expect(try folder.mode("kept/tokens.json.lock") == 0o600)
        #expect(try folder.mode("kept") == 0o700)
    }

    @Test func `has one token for a host and a service`() throws {
        let (first, second, third) = (token("1"), token("2"), token("3"))
        try keep(first, service: "a", path: "/a")
        try keep(second, service: "b", path: "/b")
        try keep(third, origin: "http://other:80", service: "a", path: "/a")
        #expect(try cache.token(origin: "http://host:80", service: "a") == first)
        #expect(try cache.token(origin: "http://host:80", service: "b") == second)
        #expect(try cache.token(origin: "http://other:80", service: "a") == third)
        #expect(try cache.token(origin: "http://other:80", path: "/b") == nil)
        let newer = token("4")
        try keep(newer, service: "a", path: "/c")
        #expect(try cache.token(origin: "http://host:80", path: "/a") == newer)
    }

    @Test func `loses nothing when many write at once`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<32 {
                group.addTask {
                    // Each with its own view of the file, like processes.
                    try TokenCache(path: cache.path)
                        .keep(token("\(number)"), origin: "http://host:80", service: "\(number)", path: "/\(number)")
                }
            }
            try await group.waitForAll()
        }
        let kept = try (0..<32).map { try cache.token(origin: "http://host:80", service: "\($0)")?.token }
        #expect(kept == (0..<32).map { "\($0)" })
    }

    @Test func `reserves one purchase, whoever else wants the same`() async throws {
        let candidates = (0..<16).map { pending("\($0)") }
        let found = try await withThrowingTaskGroup(of: TokenCache.Reservation.self) { group in
            for candidate in candidates {
                group.addTask { try TokenCache(path: cache.path).reserve(candidate) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let kept = try #require(try cache.pending(origin: "http://host:80", service: "a", path: "/a"))
        #expect(found.count { $0 == .reserved } == 1)
        #expect(found.count { $0 == .pending(kept) } == 15)
    }

    @Test func `never presents a token that is not known to be paid`() throws {
        let bought = pending("a")
        #expect(try cache.reserve(bought) == .reserved)
        #expect(try cache.token(origin: "http://host:80", path: "/a") == nil)
        #expect(try cache.token(origin: "http://host:80", service: "a") == nil)
        let paid = bought.paid(with: Preimage(.random()))
        try keep(paid, service: "a", path: "/a")
        #expect(try cache.token(origin: "http://host:80", path: "/a") == paid)
        #expect(try cache.pending(origin: "http://host:80", service: "a", path: "/a") == nil)
    }

    @Test func `sells what is kept already to nobody, unless the server refused it`() throws {
        let kept = token("a")
        try keep(kept, service: "a", path: "/a")
        #expect(try cache.reserve(pending("b")) == .paid(kept))
        #expect(try cache.reserve(pending("b"), refused: [kept]) == .reserved)
    }

    @Test func `forgets a purchase that came to nothing, and only that`() throws {
        let (first, second) = (pending("a"), pending("b", path: "/b"))
        _ = try cache.reserve(first)
        _ = try cache.reserve(second)
        try cache.drop(first)
        #expect(try cache.pending(origin: "http://host:80", service: "a", path: "/a") == nil)
        #expect(try cache.pending(origin: "http://host:80", service: "a", path: "/b") == second)
    }

    @Test func `is not overwritten when it cannot be read`() throws {
        try keep(token("a"), service: "a", path: "/a")
        try Data("[{]".utf8).write(to: URL(fileURLWithPath: cache.path))
        #expect(throws: (any Error).self) { try keep(token("b"), service: "b", path: "/b") }
        #expect(throws: (any Error).self) { _ = try TokenCache(path: cache.path) }
        #expect(try folder.content("kept/tokens.json") == Data("[{]".utf8))
    }
}
