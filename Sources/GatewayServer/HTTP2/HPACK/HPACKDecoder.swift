internal import GatewayKit
internal import NIOCore

/// Decodes the header blocks of one direction of a connection, all of them and in their order (RFC 7541 §3).
package struct HPACKDecoder {
    /// What the peer has told to remember.
    package private(set) var table: HPACKDynamicTable
    private let tableCapacity: Int

    /// - Parameter tableCapacity: the `SETTINGS_HEADER_TABLE_SIZE` that is announced. The table begins with it, so that
    ///   another than 4096, which a peer assumes before it has read the settings, fits only peers that wait for them.
    package init(tableCapacity: Int = 4096) {
        self.tableCapacity = tableCapacity
        table = HPACKDynamicTable(capacity: tableCapacity)
    }

    /// Decodes a whole block: what the payloads of a HEADERS frame and its CONTINUATION frames carry together.
    ///
    /// - Returns: why it cannot be decoded; the connection must end then. What is wrong with no more than the message,
    ///   `headers` tells.
    package mutating func decode(_ block: UnsafeRawBufferPointer, into headers: inout HeaderBlock) -> HPACKFault? {
        var reader = HPACKReader(block)
        var hasBegun = false
        headers.reserve(forBlockOf: block.count)
        do throws(HPACKFault) {
            while let first = reader.next {
                switch first {
                case 0x80...:
                    try readIndexed(&reader, into: &headers)
                case 0x40...:
                    try readLiteral(&reader, indexBits: 6, isRemembered: true, into: &headers)
                case 0x20...:
                    guard !hasBegun else { throw .lateSizeUpdate }
                    try readSizeUpdate(&reader)
                    continue
                default:
                    // Without indexing, or never to be indexed: alike to a gateway whose writer indexes nothing.
                    try readLiteral(&reader, indexBits: 4, isRemembered: false, into: &headers)
                }
                hasBegun = true
            }
            return nil
        } catch {
            return error
        }
    }

    /// RFC 7541 §6.1.
    private func readIndexed(_ reader: inout HPACKReader, into headers: inout HeaderBlock) throws(HPACKFault) {
        try withEntry(at: reader.readInteger(prefixBits: 7)) { entry, field in
            headers.add(entry, field)
        }
    }

    /// RFC 7541 §6.2. Name and value are put at the end of the header block's bytes, which is where the table takes
    /// them from; those that are not stored are taken off again.
    private mutating func readLiteral(
        _ reader: inout HPACKReader,
        indexBits: Int,
        isRemembered: Bool,
        into headers: inout HeaderBlock
    ) throws(HPACKFault) {
        let start = headers.bytes.writerIndex
        // A line longer than this is neither stored nor remembered: no more of it than that is written.
        let longest = max(headers.room, isRemembered ? table.capacity : 0)
        let index = try reader.readInteger(prefixBits: indexBits)
        var nameCount: Int
        var name = HeaderName.regular(.other)
        if index == 0 {
            nameCount = try reader.readString(into: &headers.bytes, atMost: longest)
            if nameCount <= longest {
                name = headers.bytes.withVeryUnsafeBytes { bytes in
                    HeaderName(UnsafeRawBufferPointer(rebasing: bytes[start..<start + nameCount]))
                }
            }
        } else {
            nameCount = 0
            try withEntry(at: index) { entry, field in
                nameCount = entry.nameCount
                name = entry.name
                if nameCount <= longest {
                    headers.bytes.writeBytes(UnsafeRawBufferPointer(rebasing: field.prefix(nameCount)))
                }
            }
        }
        let valueCount = try reader.readString(into: &headers.bytes, atMost: max(0, longest - nameCount))
        guard nameCount + valueCount <= longest else {
            if isRemembered {
                table.removeAll()
            }
            headers.refuseWritten(from: start)
            return
        }
        let fault = headers.bytes.withVeryUnsafeBytes { bytes in
            let field = UnsafeRawBufferPointer(rebasing: bytes[start..<start + nameCount + valueCount])
            let fault = name.fault(ofValue: UnsafeRawBufferPointer(rebasing: field[nameCount...]))
            if isRemembered {
                table.insert(field, nameCount: nameCount, name: name, fault: fault)
            }
            return fault
        }
        headers.addWritten(from: start, nameCount: nameCount, name: name, fault: fault)
    }

    /// RFC 7541 §6.3.
    private mutating func readSizeUpdate(_ reader: inout HPACKReader) throws(HPACKFault) {
        let capacity = try reader.readInteger(prefixBits: 5)
        guard capacity <= tableCapacity else { throw .sizeUpdateTooLarge }
        table.resize(to: capacity)
    }

    /// The entry that an index stands for in both tables (RFC 7541 §2.3.3).
    ///
    /// - Parameter body: gets the entry, and its name and value, right after each other.
    private func withEntry(
        at index: Int,
        _ body: (HPACKEntry, UnsafeRawBufferPointer) -> Void
    ) throws(HPACKFault) {
        if let entry = HPACKStaticTable.entry(at: index) {
            HPACKStaticTable.withBytes(of: entry) { body(entry, $0) }
        } else if let entry = table.entry(at: index - HPACKStaticTable.count) {
            table.withBytes(of: entry) { body(entry, $0) }
        } else {
            throw .unknownIndex
        }
    }
}
