public import NIOCore

/// The header fields of a message, in their order: ranges in the bytes that came over the wire, and fields added since.
///
/// Reading a field makes a `String` only when it is asked for; copying the value copies no bytes.
public struct Fields: Sendable {
    /// Where one field line stands: in the bytes of the wire, or in the bytes added since.
    public struct Line: Sendable {
        @usableFromInline var nameStart: UInt32
        @usableFromInline var nameCount: UInt32
        @usableFromInline var valueStart: UInt32
        @usableFromInline var valueCount: UInt32
        public let known: KnownField
        @usableFromInline let isAdded: Bool

        /// Offsets count from the start of the buffer's storage, as `ByteBuffer.readerIndex` does.
        public init(name: Range<Int>, value: Range<Int>, known: KnownField) {
            self.init(name: name, value: value, known: known, isAdded: false)
        }

        init(name: Range<Int>, value: Range<Int>, known: KnownField, isAdded: Bool) {
            nameStart = UInt32(truncatingIfNeeded: name.lowerBound)
            nameCount = UInt32(truncatingIfNeeded: name.count)
            valueStart = UInt32(truncatingIfNeeded: value.lowerBound)
            valueCount = UInt32(truncatingIfNeeded: value.count)
            self.known = known
            self.isAdded = isAdded
        }
    }

    @usableFromInline var wire: ByteBuffer
    @usableFromInline var added: ByteBuffer
    /// In message order. Handed back to the parser after use, so that its storage serves the next message.
    public private(set) var lines: [Line]

    public init() {
        self.init(wire: ByteBuffer(), lines: [])
    }

    /// Fields as a parser found them: `lines` holds ranges of `wire`.
    public init(wire: ByteBuffer, lines: [Line]) {
        self.wire = wire
        added = ByteBuffer()
        self.lines = lines
    }

    public init(_ pairs: [(FieldName, String)]) {
        self.init()
        for (name, value) in pairs {
            add(name, value)
        }
    }

    public var count: Int { lines.count }
    public var isEmpty: Bool { lines.isEmpty }

    // MARK: Reading

    /// The value of the first line of this name.
    public subscript(name: FieldName) -> String? {
        for index in lines.indices where matches(index, name) {
            return value(at: index)
        }
        return nil
    }

    /// The values of all lines of this name, in their order.
    public func values(of name: FieldName) -> [String] {
        lines.indices.filter { matches($0, name) }.map { value(at: $0) }
    }

    public func contains(_ name: FieldName) -> Bool {
        lines.indices.contains { matches($0, name) }
    }

    /// The indices of the lines of this name, in their order.
    public func indices(of name: FieldName) -> some Sequence<Int> {
        lines.indices.lazy.filter { matches($0, name) }
    }

    /// The first line of a known name; costs no allocation.
    @inlinable
    public func firstIndex(of known: KnownField) -> Int? {
        lines.firstIndex { $0.known == known }
    }

    public func name(at index: Int) -> String {
        withName(at: index) { String(decoding: $0, as: UTF8.self) }
    }

    public func value(at index: Int) -> String {
        withValue(at: index) { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of the name as they came; valid inside `body` only.
    @inlinable
    public func withName<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let line = lines[index]
        return try withBytes(line, start: Int(line.nameStart), count: Int(line.nameCount), body)
    }

    /// The bytes of the value, without the white space around it; valid inside `body` only.
    @inlinable
    public func withValue<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let line = lines[index]
        return try withBytes(line, start: Int(line.valueStart), count: Int(line.valueCount), body)
    }

    /// The bytes of the value, sharing their storage.
    public func valueBytes(at index: Int) -> ByteBuffer {
        let line = lines[index]
        return (line.isAdded ? added : wire).getSlice(at: Int(line.valueStart), length: Int(line.valueCount))
            ?? ByteBuffer()
    }

    /// Appends `name: value` and the line end of HTTP/1.1.
    public func write(at index: Int, into buffer: inout ByteBuffer) {
        let line = lines[index]
        let (nameEnd, valueEnd) = (Int(line.nameStart + line.nameCount), Int(line.valueStart + line.valueCount))
        // Most lines came over HTTP/1.1 just as they go out.
        if !line.isAdded, Int(line.valueStart) == nameEnd + 2 {
            let isWhole = wire.withVeryUnsafeBytes { storage in
                guard valueEnd + 2 <= storage.count, storage[nameEnd] == 0x3A, storage[nameEnd + 1] == 0x20,
                    storage[valueEnd] == 0x0D, storage[valueEnd + 1] == 0x0A
                else { return false }
                buffer.writeBytes(UnsafeRawBufferPointer(rebasing: storage[Int(line.nameStart)..<valueEnd + 2]))
                return true
            }
            guard !isWhole else { return }
        }
        withName(at: index) { _ = buffer.writeBytes($0) }
        buffer.writeStaticString(": ")
        withValue(at: index) { _ = buffer.writeBytes($0) }
        buffer.writeStaticString("\r\n")
    }

    @inlinable
    func withBytes<Result>(
        _ line: Line,
        start: Int,
        count: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        // Not one of the two in a variable: that would count a reference.
        if line.isAdded {
            return try added.withVeryUnsafeBytes { try body(Self.part(of: $0, start: start, count: count)) }
        }
        return try wire.withVeryUnsafeBytes { try body(Self.part(of: $0, start: start, count: count)) }
    }

    @inlinable
    static func part(of storage: UnsafeRawBufferPointer, start: Int, count: Int) -> UnsafeRawBufferPointer {
        guard start + count <= storage.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: storage[start..<start + count])
    }

    func matches(_ index: Int, _ name: FieldName) -> Bool {
        guard lines[index].known == name.known else { return false }
        guard name.known == .other else { return true }
        guard Int(lines[index].nameCount) == name.text.utf8.count else { return false }
        return withName(at: index) { bytes in
            zip(bytes, name.text.utf8).allSatisfy { ASCII.lowercased($0) == $1 }
        }
    }

    // MARK: Changing

    /// Adds a line at the end. Bytes that would end the line (CR, LF, NUL: RFC 9110 §5.5) become spaces.
    public mutating func add(_ name: FieldName, _ value: String) {
        let nameStart = added.writerIndex
        added.writeString(name.text)
        let valueStart = added.writerIndex
        var value = value
        _ = value.withUTF8 { bytes in
            if bytes.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) {
                added.writeBytes(bytes.map { $0 == 0 || $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
            } else {
                added.writeBytes(bytes)
            }
        }
        lines.append(
            Line(
                name: nameStart..<valueStart,
                value: valueStart..<added.writerIndex,
                known: name.known,
                isAdded: true
            )
        )
    }

    /// Replaces all lines of this name by one at the end.
    public mutating func set(_ name: FieldName, _ value: String) {
        remove(name)
        add(name, value)
    }

    public mutating func remove(_ name: FieldName) {
        guard contains(name) else { return }
        var kept = [Line]()
        kept.reserveCapacity(lines.count)
        for index in lines.indices where !matches(index, name) {
            kept.append(lines[index])
        }
        lines = kept
    }

    /// Takes the lines out, so that their storage can serve the next message.
    public mutating func releaseLines() -> [Line] {
        var released = [Line]()
        swap(&released, &lines)
        return released
    }
}
