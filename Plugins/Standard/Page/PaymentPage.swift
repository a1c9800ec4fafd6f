internal import GatewayKit
internal import NIOCore

/// The 402 of a client that would rather read a page: the invoice as a QR code, and a page that opens once it is paid, or
/// once its browser has worked.
///
/// Made of one document that loads nothing, so that nobody else learns who pays for what.
struct PaymentPage: Sendable {
    private let service: String
    private let amount: Amount
    /// `nil` where nothing can be paid.
    private let invoice: Invoice?
    /// `nil` where work is of no use.
    private let work: PageWork?
    /// Lets the page in once its invoice is paid; `nil` where no scheme can do that.
    private let key: PageKey?
    /// Why a credential that was presented did not count.
    private let refusal: String?

    /// - Returns: `nil` when there is nothing that a page can do.
    init?(of invoice: Invoice?, for amount: Amount, in exchange: Exchange) {
        work = exchange[PageWork.self]
        guard invoice != nil || work != nil else { return nil }
        service = exchange.route.service
        self.amount = amount
        self.invoice = invoice
        key = exchange[PageKey.self]
        refusal = exchange.unresolvedRejection?.detail
    }

    /// The reply with a page as its body. A QR code takes milliseconds, which the event loop does not have.
    func reply(_ reply: Reply, in exchange: Exchange) -> Eventually<Reply> {
        exchange.later { [self] in
            let nonce = String(Bytes32.random().hex.prefix(32))
            var reply = reply
            for field in Self.fields(nonce: nonce) {
                reply.fields.set(field.0, field.1)
            }
            reply.body = .bytes(ByteBuffer(string: html(nonce: nonce)))
            return reply
        }
    }

    private static func fields(nonce: String) -> [(FieldName, String)] {
        let policy =
            "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        let others = [
            ("content-security-policy", policy), ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ]
        return [(.contentType, "text/html; charset=utf-8")]
            + others.compactMap { name, value in FieldName(name).map { ($0, value) } }
    }

    // MARK: The document

    func html(nonce: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>Payment required: \(Self.escaped(amount.description))</title>
        <link rel="icon" href="data:,">
        <style nonce="\(nonce)">\(Self.style)</style>
        </head>
        <body data-key="\(Self.escaped(key?.text ?? ""))" data-path="\(PageKey.path)">
        <main>
        <h1>Payment required</h1>
        \(price)
        \(refusal.map { "<p>What you sent does not count: \(Self.escaped($0)).</p>" } ?? "")
        \(invoice.map(paying) ?? "")
        \(work.map { Self.section(for: $0, besidesPaying: invoice != nil) } ?? "")
        <noscript><p>This page cannot open by itself without JavaScript. A client that can pay reads the offer \
        from the WWW-Authenticate lines of this answer.</p></noscript>
        </main>
        \(invoice == nil ? "" : "<script nonce=\"\(nonce)\">\(Self.script)</script>")
        \(work == nil ? "" : "<script nonce=\"\(nonce)\">\(Self.workScript)</script>")
        </body>
        </html>

        """
    }

    private var price: String {
        let service = "<strong>\(Self.escaped(service))</strong>"
        guard invoice != nil else { return "<p>\(service) takes no money here and now, but work.</p>" }
        return "<p class=\"price\">\(service) costs <strong>\(Self.escaped(amount.description))</strong>."
            + (key?.buysOneAnswer == true ? " The payment buys one answer.</p>" : "</p>")
    }

    private func paying(_ invoice: Invoice) -> String {
        // In capitals it is a smaller code, and means the same (BOLT 11; BIP 173).
        let capitals = invoice.bolt11.uppercased()
        return """
            \(Self.picture(of: capitals))
            <p class="actions">
            <a class="button" href="lightning:\(Self.escaped(capitals))">Pay with a wallet app</a>
            <button id="wallet" type="button" hidden>Pay with this browser's wallet</button>
            <button id="copy" type="button">Copy the invoice</button>
            </p>
            <p id="status" role="status" aria-live="polite">\(key == nil ? Self.closed : Self.waiting)</p>
            <label for="invoice">Lightning invoice, to be paid until \
            <span id="until" data-seconds="\(invoice.expiresAt.seconds)">it expires</span></label>
            <textarea id="invoice" readonly rows="5">\(Self.escaped(invoice.bolt11))</textarea>
            """
    }

    private static let waiting = "Waiting for the payment. This page opens by itself once it has arrived."
    private static let closed = "Your wallet shows a proof of payment, which the client of this service asks for."

    /// Dark on light whatever the colours of the page: not every reader knows the inverse.
    private static func picture(of text: String) -> String {
        guard let code = QRCode(text) else { return "" }
        let margin = 4
        let size = code.size + 2 * margin
        return """
            <svg role="img" aria-label="QR code of the invoice" viewBox="0 0 \(size) \(size)" \
            shape-rendering="crispEdges"><path fill="#fff" d="M0 0h\(size)v\(size)H0z"/>\
            <path fill="#000" d="\(code.path(margin: margin))"/></svg>
            """
    }

    /// For text and for attributes in double quotes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
