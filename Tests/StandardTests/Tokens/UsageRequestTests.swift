import GatewayKit
import NIOCore
import Standard
import Testing

struct UsageRequestTests {
    private func asking(_ body: String, _ path: String = "/v1/chat/completions") -> String? {
        UsageRequest.asking(ByteBuffer(string: body), path: path).map { String(buffer: $0) }
    }

    @Test(
        arguments: [
            (
                #"{"model":"m","stream":true}"#,
                #"{"stream_options":{"include_usage":true},"model":"m","stream":true}"#
            ),
            (
                #" {"stream":true,"stream_options":null ,"model":"m"} "#,
                #" {"stream":true,"stream_options":{"include_usage":true} ,"model":"m"} "#
            ),
            (
                #"{"stream":true,"stream_options":{"include_usage":false,"include_obfuscation":false}}"#,
                #"{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}"#
            ),
        ]
    )
    func `a stream is asked to say what it has used`(_ body: String, _ asking: String) {
        #expect(self.asking(body) == asking)
    }

    @Test(
        arguments: [
            #"{"stream":true,"stream_options":{"include_usage":true}}"#, #"{"stream":false}"#, #"{"model":"m"}"#,
            #"{"stream":true,"stream_options":7}"#, #"{"stream":"true"}"#, "[true]", "", #"{"stream":true"#,
        ]
    )
    func `a body that needs nothing, or cannot be read, stays as it is`(_ body: String) {
        #expect(asking(body) == nil)
    }

    @Test(arguments: ["/v1/messages", "/v1/responses", "/v1/embeddings", "/"])
    func `an API that tells it always is not asked`(_ path: String) {
        #expect(asking(#"{"stream":true}"#, path) == nil)
    }

    @Test func `whatever is cut off or flipped stays JSON or as it is`() {
        let body = Array(#"{"stream":true,"stream_options":{"include_usage":false},"model":"m"}"#.utf8)
        for index in body.indices {
            var flipped = body
            flipped[index] ^= 1
            for bytes in [flipped, Array(body.prefix(index))] {
                guard let asking = UsageRequest.asking(ByteBuffer(bytes: bytes), path: "/completions") else { continue }
                let document = asking.withUnsafeReadableBytes { try? JSONReader.read($0) }
                guard case .bool(true)? = document?["stream_options"]?["include_usage"] else {
                    Issue.record("\(String(buffer: asking))")
                    continue
                }
            }
        }
    }
}
