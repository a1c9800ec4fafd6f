public import HTTPTypes

extension RequestHead {
    /// The method that a page wants to use, where this is the question of its browser whether it may: a preflight (Fetch
    /// standard, "CORS-preflight request"). `nil` for every other request.
    public var preflightMethod: HTTPRequest.Method? {
        guard method == .options, fields.firstIndex(of: .origin) != nil,
            let index = fields.firstIndex(of: .accessControlRequestMethod)
        else { return nil }
        return HTTPRequest.Method(fields.value(at: index))
    }
}
