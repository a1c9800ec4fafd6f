extension Exchange {
    /// True when the client is certainly on a connection that nobody else reads: TLS that ends here, or that ends at a
    /// proxy which the policy trusts and which says so.
    public var isSecure: Bool {
        guard client.isBehindTrustedProxy,
            let line = request.fields.lines.lastIndex(where: { $0.known == .xForwardedProto })
        else { return request.scheme == "https" }
        // The nearest proxy's word is the last.
        let word = request.fields.value(at: line).split(separator: ",").last ?? ""
        return word.filter { $0 != " " && $0 != "\t" }.lowercased() == "https"
    }
}
