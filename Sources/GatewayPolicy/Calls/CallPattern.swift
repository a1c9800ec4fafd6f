internal import GatewayKit

/// The calls of JSON-RPC that a route is for: told apart by what the body says, once host, path and method have matched.
package struct CallPattern: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        /// The Model Context Protocol: receipts stand in the result.
        case mcp
        /// Any JSON-RPC 2.0: receipts stand beside the result.
        case jsonrpc
    }

    /// A tool, a resource or a prompt.
    package struct Name: Sendable, Hashable {
        /// Without the star.
        package let text: String
        /// `docs://manual/*`: everything that begins so.
        package let isPrefix: Bool
        /// What is compared.
        let folded: String

        init(_ text: String, isURI: Bool) {
            isPrefix = isURI && text.hasSuffix("*")
            self.text = isPrefix ? String(text.dropLast()) : text
            guard isURI else {
                folded = CallText.folded(text)
                return
            }
            let uri = CallText.foldedURI(self.text)
            folded = isPrefix && self.text.hasSuffix("/") ? uri + "/" : uri
        }

        func covers(_ folded: String) -> Bool {
            guard isPrefix else { return folded == self.folded }
            // By bytes as well: what follows may change the last letter of the prefix, as a combining accent does.
            return folded.hasPrefix(self.folded) || folded.utf8.starts(with: self.folded.utf8)
                || folded + "/" == self.folded
        }

        /// As a policy writes it.
        package var written: String { isPrefix ? text + "*" : text }
    }

    package let kind: Kind
    package let method: String
    /// Empty: whatever is named, or nothing.
    package let names: [Name]

    var foldedMethod: String { CallText.folded(method) }

    /// The key that names what the method is asked for; `nil` for methods that name nothing.
    static func nameKey(of method: String) -> String? {
        switch method {
        case "tools/call": "tool"
        case "resources/read": "resource"
        case "prompts/get": "prompt"
        default: nil
        }
    }

    /// True when some call fits both and neither is more specific.
    func isAmbiguous(with other: CallPattern) -> Bool {
        guard foldedMethod == other.foldedMethod else { return false }
        guard !names.isEmpty, !other.names.isEmpty else { return names.isEmpty && other.names.isEmpty }
        return names.contains { name in
            other.names.contains { $0.folded == name.folded && $0.isPrefix == name.isPrefix }
        }
    }
}

extension CallPattern: CustomStringConvertible {
    /// `tools/call search`.
    package var description: String {
        ([method] + [names.map(\.written).joined(separator: ",")].filter { !$0.isEmpty }).joined(separator: " ")
    }
}
