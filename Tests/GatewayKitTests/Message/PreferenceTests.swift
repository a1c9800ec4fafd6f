import GatewayKit
import GatewayTesting
import Testing

struct PreferenceTests {
    @Test(
        arguments: [
            (["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], true),
            (["text/html"], true),
            (["TEXT/HTML ; Q=0.5"], true),
            (["application/json", "text/html;q=0.9"], false),
            (["application/json;q=0.5, text/html;q=0.9"], true),
            (["text/html, application/json"], false),
            (["text/html;q=0"], false),
            (["text/html;q=x"], false),
            (["*/*"], false),
            (["text/*"], false),
            ([""], false),
            ([], false),
        ] as [([String], Bool)]
    )
    func `a page is for clients that name it above JSON`(accept: [String], prefersHTML: Bool) {
        #expect(RequestHead.example(fields: accept.map { ("Accept", $0) }).prefersHTML == prefersHTML)
    }

    @Test func `a page is never for gRPC`() {
        let fields = [("Accept", "text/html"), ("Content-Type", "application/grpc")]
        #expect(!RequestHead.example(fields: fields).prefersHTML)
    }
}
