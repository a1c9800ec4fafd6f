internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

extension RequestHead {
    /// Stands for a request that could not be read.
    static var unreadable: RequestHead {
        RequestHead(
            method: .get,
            version: .http1_1,
            authorityBytes: ByteBuffer(),
            pathBytes: ByteBuffer(),
            queryBytes: ByteBuffer(),
            fields: Fields(),
            body: .none
        )
    }
}
