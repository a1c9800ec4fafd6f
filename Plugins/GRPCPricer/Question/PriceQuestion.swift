package import GatewayKit
package import NIOCore

/// What a price server is asked about: one request.
package struct PriceQuestion: Sendable, Hashable {
    /// As `GetPriceRequest.path` has it.
    package let path: String
    /// As `GetPriceRequest.http_request_text` has it.
    package let text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    /// For the log, in which it moves no cursor.
    package var printablePath: String {
        String(String.UnicodeScalarView(path.unicodeScalars.prefix(200).map { $0.value < 0x20 ? "?" : $0 }))
    }

    /// - Parameter body: the beginning of the request's body.
    package init(about exchange: Exchange, body: ByteBuffer) {
        let request = exchange.request
        self.init(
            path: RequestText.path(of: request),
            text: RequestText.text(of: request, edits: exchange.edits, body: body)
        )
    }
}
