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
}
