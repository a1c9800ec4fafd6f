internal import HTTPTypes
package import NIOCore

/// Where a client of JSON-RPC looks for what comes with its answers (draft-payment-transport-mcp, "Metadata Placement").
package enum CallTransport: Sendable {
    /// In `_meta` of the result.
    case mcp
    /// In `_meta` of the answer.
    case plain

    package var metaPath: [String] {
        switch self {
        case .mcp: ["result", "_meta"]
        case .plain: ["_meta"]
        }
    }
}

extension Exchange {
    /// True when the gateway's own answers are to be JSON-RPC.
    package var speaksJSONRPC: Bool { self[JSONRPCForm.self] != nil }

    /// Forwards this body in place of the request's own, which was collected whole.
    package func forward(_ body: ByteBuffer) {
        edits.body = body
        // They say what the other body's digest was.
        for name in ["content-digest", "repr-digest", "digest", "content-md5"] {
            if let name = FieldName(name) { edits.remove(name, of: request) }
        }
    }

    /// Has a member put into the upstream's answer to the call of this exchange, from `adjust`.
    ///
    /// - Parameter answered: called with true when the answer turns out to be an error, otherwise with false; see
    ///   `AnswerInsertion`.
    /// - Returns: false when nothing can be put into this answer: it is neither JSON nor events, or it is compressed.
    @discardableResult
    package func insert(
        _ name: String,
        _ value: String,
        at path: [String],
        into response: inout ResponseHead,
        answered: @escaping (_ isError: Bool) -> Eventually<Void> = { _ in .now(()) }
    ) -> Bool {
        guard let call = self[JSONRPCCall.self], let encoding = FieldName("content-encoding"),
            response.fields.values(of: encoding).allSatisfy({ $0.lowercased() == "identity" })
        else { return false }
        let type = (response.fields[.contentType] ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        let isEventStream = type == "text/event-stream"
        guard isEventStream || type == "application/json" else { return false }
        for name in ["etag", "content-digest", "repr-digest", "digest", "content-md5"] {
            if let name = FieldName(name) { response.fields.remove(name) }
        }
        let insertion = AnswerInsertion(
            JSONInsertion(of: name, value, at: path, id: call.id),
            isEventStream: isEventStream,
            answered: answered
        )
        addResponseFilter(insertion)
        self[AnswerInsertions.self] = AnswerInsertions(all: (self[AnswerInsertions.self]?.all ?? []) + [insertion])
        return true
    }
}

/// What is to be put into the answer, for an answer of the gateway's own, about which no filter is asked.
package struct AnswerInsertions {
    package let all: [AnswerInsertion]
}
