package import NIOCore

/// What the stages change about a request before it is forwarded. The request itself stays as it came.
public struct RequestEdits: Sendable {
    /// Lines of `RequestHead.fields` that are not forwarded, one bit each; a head has at most 128 lines.
    private var removedLines: UInt128 = 0
    /// Fields that replace those of the same name, or come new.
    public private(set) var added: [(name: FieldName, value: String)] = []
    /// The path and query to forward instead of the request's own; begins with `/`.
    public var target: String?
    /// The `Host` to forward instead of the request's own.
    public var host: String?
    /// The body to forward instead of the request's own, which a stage has collected whole.
    package var body: ByteBuffer?

    public init() {}

    /// Keeps one line of the request from the upstream. Costs no allocation.
    public mutating func removeLine(_ index: Int) {
        guard (0..<128).contains(index) else { return }
        removedLines |= 1 << UInt128(index)
    }

    public func isRemoved(line index: Int) -> Bool {
        (0..<128).contains(index) && removedLines >> UInt128(index) & 1 == 1
    }

    /// Keeps every line of this name from the upstream, and one that an earlier stage added.
    public mutating func remove(_ name: FieldName, of request: RequestHead) {
        for index in 0..<request.fields.count where request.fields.matches(index, name) {
            removeLine(index)
        }
        if !added.isEmpty {
            added.removeAll { $0.name == name }
        }
    }

    /// Forwards this field instead of those of the same name.
    public mutating func set(_ name: FieldName, _ value: String, of request: RequestHead) {
        remove(name, of: request)
        added.append((name, value))
    }

    /// Asks the upstream for a body that is not compressed (RFC 9110 §12.5.3), for a filter that must read it. An upstream
    /// may compress all the same: then the response has a `Content-Encoding`.
    public mutating func acceptOnlyIdentity(of request: RequestHead) {
        set(FieldName(.acceptEncoding), "identity", of: request)
    }
}
