import GatewayKit
import Standard
import Testing

/// What is reserved for a request: 4,096 of output where it names no bound.
struct TokenEstimateTests {
    private func output(_ body: String) throws -> UInt64 {
        let document = try Array(body.utf8).withUnsafeBytes { try JSONReader.read($0) }
        return TokenEstimate(of: document, byteCount: UInt64(body.utf8.count), usual: 4_096).output
    }

    @Test(arguments: [
        (#"{"messages":[],"max_tokens":10}"#, 10 as UInt64),
        (#"{"messages":[],"max_tokens":10,"max_completion_tokens":20}"#, 20),
        (#"{"input":"a","max_output_tokens":10}"#, 10),
        (#"{"prompt":"a","max_tokens":10}"#, 10),
        (#"{"prompt":[1,2,3],"max_tokens":10}"#, 10),
        (#"{"model":"a"}"#, 4_096),
    ])
    func `the bound of its kind of request counts`(_ body: String, _ expected: UInt64) throws {
        #expect(try output(body) == expected)
    }

    @Test(arguments: [
        #"{"messages":[],"max_output_tokens":1}"#,
        #"{"input":"a","max_tokens":1}"#,
        #"{"prompt":"a","max_completion_tokens":1}"#,
    ])
    func `one of another kind, which a service lets pass, does not`(_ body: String) throws {
        #expect(try output(body) == 4_096)
    }

    @Test(arguments: [
        (#"{"prompt":["a","b","c"],"max_tokens":10}"#, 30 as UInt64),
        (#"{"prompt":[[1,2],[3]],"max_tokens":10}"#, 20),
        (#"{"messages":[],"max_tokens":10,"n":200}"#, 2_000),
        (#"{"prompt":"a","max_tokens":10,"best_of":3}"#, 30),
        (#"{"prompt":["a","b"],"max_tokens":10,"n":2,"best_of":3}"#, 60),
    ])
    func `each of several answers counts, and each prompt`(_ body: String, _ expected: UInt64) throws {
        #expect(try output(body) == expected)
    }
}
