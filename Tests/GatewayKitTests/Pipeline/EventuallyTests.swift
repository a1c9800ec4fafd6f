import GatewayKit
import GatewayTesting
import NIOCore
import NIOEmbedded
import Testing

struct EventuallyTests {
    private struct Failure: Error, Equatable {
        let number: Int
    }

    private let loop = EmbeddedEventLoop()

    /// What a value is after the promise behind it was kept.
    private func outcome(_ eventually: Eventually<Int>) -> Result<Int, Failure>? {
        var outcome: Result<Int, Failure>?
        eventually.whenComplete { outcome = $0.mapError { $0 as? Failure ?? Failure(number: -1) } }
        return outcome
    }

    @Test func `a value that is here is mapped at once`() throws {
        #expect(Eventually.now(20).map { $0 + 1 }.immediate == 21)
        #expect(Eventually.now(20).flatMap { .now($0 + 2) }.immediate == 22)
        #expect(Eventually.now(20).recover { _ in 0 }.immediate == 20)
    }

    @Test func `what a transform throws at once is thrown at once`() {
        #expect(throws: Failure(number: 1)) {
            try Eventually.now(20).map { _ -> Int in throw Failure(number: 1) }
        }
        #expect(throws: Failure(number: 2)) {
            try Eventually.now(20).flatMap { _ -> Eventually<Int> in throw Failure(number: 2) }
        }
    }

    @Test func `a value to come is mapped when it comes`() {
        let promise = loop.makePromise(of: Int.self)
        let mapped = Eventually.later(promise.futureResult).map { $0 + 1 }.flatMap { .now($0 * 2) }
        #expect(mapped.immediate == nil)
        #expect(outcome(mapped) == nil)
        promise.succeed(20)
        #expect(outcome(mapped) == .success(42))
    }

    @Test func `two values to come are waited for`() {
        let first = loop.makePromise(of: Int.self)
        let second = loop.makePromise(of: Int.self)
        let sum = Eventually.later(first.futureResult).flatMap { one in
            Eventually.later(second.futureResult).map { one + $0 }
        }
        first.succeed(1)
        #expect(outcome(sum) == nil)
        second.succeed(2)
        #expect(outcome(sum) == .success(3))
    }

    @Test func `what a transform throws later fails the value`() throws {
        let promise = loop.makePromise(of: Int.self)
        let value = Eventually.later(promise.futureResult)
        let mapped = try value.map { _ -> Int in throw Failure(number: 1) }
        let flat = try value.flatMap { _ -> Eventually<Int> in throw Failure(number: 2) }
        promise.succeed(0)
        #expect(outcome(mapped) == .failure(Failure(number: 1)))
        #expect(outcome(flat) == .failure(Failure(number: 2)))
    }

    @Test func `a failure passes the transforms and can be recovered from`() throws {
        let promise = loop.makePromise(of: Int.self)
        let value = Eventually.later(promise.futureResult).map { $0 + 1 }
        let recovered = value.recover { ($0 as? Failure)?.number ?? 0 }
        let again = value.recover { _ in throw Failure(number: 8) }
        promise.fail(Failure(number: 7))
        #expect(outcome(value) == .failure(Failure(number: 7)))
        #expect(outcome(recovered) == .success(7))
        #expect(outcome(again) == .failure(Failure(number: 8)))
    }

    @Test func `a value that is here makes a future that is done`() throws {
        #expect(try Eventually.now(3).future(on: loop).wait() == 3)
    }
}
