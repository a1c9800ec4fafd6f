/// How the gateway writes down each request, in a line. Without settings it does not.
public struct AccessLogSettings: Sendable, Hashable {
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// An object in each line (RFC 8259).
        case json
        /// `key=value` pairs in each line.
        case logfmt
    }

    public enum Destination: Sendable, Hashable {
        case standardError
        case standardOutput
        /// Created where it does not exist, and appended to.
        case file(path: String)
    }

    public var format: Format
    public var destination: Destination
    /// The share of requests that is written down, 0...1; what is beyond counts as the nearer of the two.
    ///
    /// What goes wrong in the gateway or behind it is always written: a status of 500 or more, a failed upstream, an
    /// exchange that the end of the server cut off.
    public var sample: Double

    public init(format: Format = .json, destination: Destination = .standardError, sample: Double = 1) {
        self.format = format
        self.destination = destination
        self.sample = sample
    }
}
