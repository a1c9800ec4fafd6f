public import HTTPTypes

/// The head of a response on its way to the client: the upstream's, or the gateway's own.
public struct ResponseHead: Sendable {
    /// 100...999.
    public var status: HTTPResponse.Status
    public var fields: Fields

    public init(status: HTTPResponse.Status, fields: Fields = Fields()) {
        self.status = status
        self.fields = fields
    }
}
