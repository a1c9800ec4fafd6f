extension ResponseHead {
    /// True for `text/event-stream`, whatever its parameters (HTML standard, "Server-sent events").
    public var isEventStream: Bool {
        guard let index = fields.firstIndex(of: .contentType) else { return false }
        let name = Array("text/event-stream".utf8)
        return fields.withValue(at: index) { value in
            guard value.count >= name.count,
                ASCII.equalIgnoringCase(UnsafeRawBufferPointer(rebasing: value[..<name.count]), name)
            else { return false }
            return value.count == name.count || [0x3B, 0x20, 0x09].contains(value[name.count])
        }
    }

    /// True when the body is compressed, or otherwise coded (`Content-Encoding`, RFC 9110 §8.4).
    public var isEncoded: Bool {
        guard let name = FieldName("content-encoding"), let coding = fields[name] else { return false }
        return !coding.isEmpty && coding.lowercased() != "identity"
    }
}
