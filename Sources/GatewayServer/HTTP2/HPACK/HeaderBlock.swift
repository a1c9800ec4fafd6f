package import GatewayKit
package import NIOCore

/// The header lines of one HTTP/2 message, or its trailers, as HPACK's decoding fills them in.
///
/// Checks each line by RFC 9113 §8.2 and §8.3, but not whether the lines together make a request or a response. After
/// the first fault, or beyond a limit, nothing more is stored; decoding goes on only to keep the dynamic table in step.
package struct HeaderBlock {
    /// Names and values. The ranges of `lines` and of the pseudo-fields count from its start.
    package internal(set) var bytes = ByteBuffer()
    /// The regular fields in their order, those with the same name too.
    package private(set) var lines: [Fields.Line] = []

    /// Values of the pseudo-fields.
    package private(set) var authority: Range<Int>?
    package private(set) var method: Range<Int>?
    package private(set) var path: Range<Int>?
    package private(set) var scheme: Range<Int>?
    package private(set) var status: Range<Int>?
    package private(set) var `protocol`: Range<Int>?

    /// The first thing that is wrong with the lines.
    package private(set) var fault: HeaderFault?
    /// True when a limit was passed before anything was found wrong.
    package private(set) var isTooLarge = false

    /// Counts as RFC 9113 §6.5.2 does: name, value and 32 for each line.
    private let largestSize: Int
    private let mostFields: Int
    private var size = 0
    /// How long the bytes will be, going by the block before.
    private var expectedBytes = 512

    /// - Parameter limits: `head` bounds the size of the list as RFC 9113 §6.5.2 counts it; pseudo-fields do not count
    ///   as `fields`.
    package init(limits: MessageLimits) {
        largestSize = limits.head.bytes
        mostFields = limits.fields
    }

    /// A sentence about the first thing that is wrong with the lines: the message is malformed (RFC 9113 §8.1.1).
    package var malformed: String? { fault?.detail }

    /// Makes ready for the next block. `storage`, if it is nobody else's any more, saves an allocation.
    package mutating func reset(reusing storage: consuming [Fields.Line] = []) {
        if storage.capacity > lines.capacity {
            lines = consume storage
        }
        lines.removeAll(keepingCapacity: true)
        expectedBytes = min(max(bytes.writerIndex, 256), 4096)
        bytes = ByteBuffer()
        authority = nil
        method = nil
        path = nil
        scheme = nil
        status = nil
        self.protocol = nil
        fault = nil
        isTooLarge = false
        size = 0
    }

    /// The regular fields. They share `bytes`, which stays for the pseudo-fields until the block is reset.
    package mutating func takeFields() -> Fields {
        var taken = [Fields.Line]()
        swap(&taken, &lines)
        return Fields(wire: bytes, lines: taken)
    }

    /// A part of `bytes`, sharing their storage.
    package func slice(_ range: Range<Int>) -> ByteBuffer {
        bytes.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    // MARK: Filling

    /// How long name and value of the next line may be together; 0 when nothing more is stored.
    var room: Int {
        fault == nil && !isTooLarge ? max(0, largestSize - size - HPACKEntry.overhead) : 0
    }

    /// Makes room for what a block of this length usually holds.
    mutating func reserve(forBlockOf count: Int) {
        bytes.reserveCapacity(minimumWritableBytes: max(expectedBytes, min(2 * count, largestSize)))
        if lines.capacity == 0 {
            lines.reserveCapacity(16)
        }
    }

    /// Adds the line of a table's entry.
    ///
    /// - Parameter field: the entry's name and, right after it, its value.
    mutating func add(_ entry: HPACKEntry, _ field: UnsafeRawBufferPointer) {
        guard admits(entry.name, count: entry.byteCount, fault: entry.fault) else { return }
        let start = bytes.writerIndex
        bytes.writeBytes(field)
        store(entry.name, from: start, nameCount: entry.nameCount)
    }

    /// Adds the line whose name and, right after it, value end `bytes` already, or takes them off again.
    mutating func addWritten(from start: Int, nameCount: Int, name: HeaderName, fault: HeaderFault?) {
        guard admits(name, count: bytes.writerIndex - start, fault: fault) else {
            bytes.moveWriterIndex(to: start)
            return
        }
        store(name, from: start, nameCount: nameCount)
    }

    /// Takes off what was written of a line that is longer than `room`.
    mutating func refuseWritten(from start: Int) {
        bytes.moveWriterIndex(to: start)
        isTooLarge = isTooLarge || fault == nil
    }

    /// Counts a line, and says whether it is to be stored.
    private mutating func admits(_ name: HeaderName, count: Int, fault lineFault: HeaderFault?) -> Bool {
        guard fault == nil, !isTooLarge else { return false }
        size += count + HPACKEntry.overhead
        guard size <= largestSize else {
            isTooLarge = true
            return false
        }
        fault = lineFault
        switch name {
        case .regular:
            isTooLarge = fault == nil && lines.count >= mostFields
        case .pseudo(let pseudo):
            if !lines.isEmpty {
                fault = .latePseudoField
            } else if range(of: pseudo) != nil {
                fault = .repeatedPseudoField
            }
        case .malformed(let nameFault):
            fault = nameFault
        }
        return fault == nil && !isTooLarge
    }

    private mutating func store(_ name: HeaderName, from start: Int, nameCount: Int) {
        let value = start + nameCount..<bytes.writerIndex
        switch name {
        case .regular(let known):
            lines.append(Fields.Line(name: start..<value.lowerBound, value: value, known: known))
        case .pseudo(.authority): authority = value
        case .pseudo(.method): method = value
        case .pseudo(.path): path = value
        case .pseudo(.scheme): scheme = value
        case .pseudo(.status): status = value
        case .pseudo(.protocol): self.protocol = value
        case .malformed: break
        }
    }

    private func range(of pseudo: PseudoField) -> Range<Int>? {
        switch pseudo {
        case .authority: authority
        case .method: method
        case .path: path
        case .scheme: scheme
        case .status: status
        case .protocol: self.protocol
        }
    }
}
