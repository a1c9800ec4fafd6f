import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore

/// Entries for tests: everything is known and ordinary unless a test says otherwise.
enum AccessLogExample {
    /// 2026-10-18T12:34:56.789Z.
    static let time = WallTime(milliseconds: 1_792_326_896_789)

    static func request(
        host: [UInt8] = Array("api.example".utf8),
        path: [UInt8] = Array("/v1/quotes".utf8)
    ) -> RequestHead {
        RequestHead(
            method: .get,
            version: .http1_1,
            authorityBytes: ByteBuffer(bytes: host),
            pathBytes: ByteBuffer(bytes: path),
            queryBytes: ByteBuffer(string: "?key=a-secret"),
            fields: Fields([(.authorization, "L402 a-secret:a-preimage"), (FieldName(.cookie), "session=a-secret")]),
            body: .none
        )
    }

    static func entry(_ request: RequestHead? = request(), route: String? = "quotes") -> AccessLogEntry {
        AccessLogEntry(
            time: time,
            id: ExchangeID(123_456_789),
            client: IPAddress("192.0.2.1"),
            request: request,
            route: route,
            stage: "forward",
            upstream: "backend",
            outcome: Outcome(end: .answered, status: .ok, requestBytes: 0, responseBytes: 1_234),
            timing: .init(total: .microseconds(12_345), connected: .microseconds(210), firstByte: .milliseconds(11))
        )
    }

    static func outcome(_ end: Outcome.End, _ status: HTTPResponse.Status?) -> Outcome {
        Outcome(end: end, status: status, requestBytes: 0, responseBytes: 0)
    }

    static func line(_ entry: AccessLogEntry = entry(), as format: AccessLogSettings.Format) -> String {
        var buffer = ByteBuffer()
        AccessLogFormatter(format).write(entry, into: &buffer)
        return String(buffer: buffer)
    }
}
