/// libmacaroons, format 2: packets of type, length and bytes; sections of them in ascending order, each ended by a
/// zero.
extension MacaroonLayout {
    mutating func readVersion2(_ bytes: UnsafeRawBufferPointer) throws(MalformedMacaroon) {
        var packets = Packets(bytes: bytes)
        var packet = try packets.next()
        if packet.type == .location {
            location = packet.content
            packet = try packets.next()
        }
        guard packet.type == .identifier else { throw MalformedMacaroon("its identifier is missing") }
        identifier = packet.content
        guard try packets.next().type == .end else { throw MalformedMacaroon("its head has a field too many") }
        while true {
            packet = try packets.next()
            if packet.type == .end { break }
            var caveat = Caveat(identifier: 0..<0)
            if packet.type == .location {
                caveat.location = packet.content
                packet = try packets.next()
            }
            guard packet.type == .identifier else { throw MalformedMacaroon("a caveat has no identifier") }
            caveat.identifier = packet.content
            packet = try packets.next()
            if packet.type == .verificationID {
                caveat.verificationID = packet.content
                packet = try packets.next()
            }
            guard packet.type == .end else { throw MalformedMacaroon("a caveat has a field too many") }
            try append(caveat)
        }
        packet = try packets.next()
        guard packet.type == .signature else { throw MalformedMacaroon("its signature is missing") }
        signature = packet.content
        guard packets.index == bytes.count else { throw MalformedMacaroon("something follows its signature") }
    }

    enum PacketType: Int {
        case end = 0
        case location = 1
        case identifier = 2
        case verificationID = 4
        case signature = 6
    }

    private struct Packets {
        let bytes: UnsafeRawBufferPointer
        /// Behind the version byte.
        var index = 1

        mutating func next() throws(MalformedMacaroon) -> (type: PacketType, content: Range<Int>) {
            guard let type = PacketType(rawValue: try varint()) else {
                throw MalformedMacaroon("it has a field of an unknown type")
            }
            if type == .end { return (.end, index..<index) }
            let count = try varint()
            guard count <= bytes.count - index else { throw MalformedMacaroon("it is cut off") }
            defer { index += count }
            return (type, index..<index + count)
        }

        /// Base 128, low digits first; at most 0x7FFFFFFF and in its shortest form.
        private mutating func varint() throws(MalformedMacaroon) -> Int {
            var value = 0
            for shift in stride(from: 0, to: 35, by: 7) {
                guard index < bytes.count else { throw MalformedMacaroon("it is cut off") }
                let byte = bytes[index]
                index += 1
                value |= Int(byte & 0x7F) << shift
                if byte & 0x80 == 0 {
                    guard value <= 0x7FFF_FFFF, byte != 0 || shift == 0 else { break }
                    return value
                }
            }
            throw MalformedMacaroon("it has a number out of range")
        }
    }
}
