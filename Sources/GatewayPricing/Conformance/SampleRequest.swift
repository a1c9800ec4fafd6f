/// The request that a price server is asked about, as a gateway would show it, and what came of it.
package struct SampleRequest: Hashable, Sendable {
    package var path: String
    /// Empty: a GET without one.
    package var body: String
    package var service: String

    package init(path: String = "/", body: String = "", service: String = "conformance") {
        self.path = path
        self.body = body
        self.service = service
    }

    /// As `http_request_text` has it.
    var text: String {
        guard !body.isEmpty else { return "GET \(path) HTTP/1.1\r\nHost: conformance.invalid\r\n\r\n" }
        return "POST \(path) HTTP/1.1\r\nHost: conformance.invalid\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Content-Type: application/json\r\n\r\n\(body)"
    }

    /// The end of a response that has used tokens, as OpenAI's API tells it.
    static func response(tokens: Int) -> String {
        #"{"id":"c","object":"chat.completion","choices":[],"usage":{"prompt_tokens":\#(tokens),"#
            + #""completion_tokens":\#(tokens),"total_tokens":\#(2 * tokens)}}"#
    }
}
