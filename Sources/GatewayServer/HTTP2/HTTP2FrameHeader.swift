package import NIOCore

/// The nine bytes before each frame's payload (RFC 9113 §4.1).
package struct HTTP2FrameHeader: Hashable, Sendable {
    /// Numbers of the kinds of frames (RFC 9113 §6).
    package enum Kind: UInt8, Sendable {
        case data, headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    package enum Flags {
        package static let endStream: UInt8 = 0x1
        package static let acknowledgement: UInt8 = 0x1
        package static let endHeaders: UInt8 = 0x4
        package static let padded: UInt8 = 0x8
        package static let priority: UInt8 = 0x20
    }

    package static let size = 9

    package var length: Int
    /// `nil`: a kind that is not known, which is read over (RFC 9113 §5.5).
    package var kind: Kind?
    package var flags: UInt8
    package var stream: UInt32

    package init(_ kind: Kind, length: Int, flags: UInt8 = 0, stream: UInt32) {
        self.kind = kind
        self.length = length
        self.flags = flags
        self.stream = stream
    }

    /// Reads the header at the front of `buffer` and leaves it there; `nil` when it is not whole.
    package init?(peekingAt buffer: ByteBuffer) {
        guard
            let (high, low, kind, flags, stream) = buffer.getMultipleIntegers(
                at: buffer.readerIndex,
                as: (UInt8, UInt16, UInt8, UInt8, UInt32).self
            )
        else { return nil }
        length = Int(high) << 16 | Int(low)
        self.kind = Kind(rawValue: kind)
        self.flags = flags
        self.stream = stream & 0x7FFF_FFFF
    }

    package func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    package func write(into buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(
            UInt8(truncatingIfNeeded: length >> 16),
            UInt16(truncatingIfNeeded: length),
            kind?.rawValue ?? .max,
            flags,
            stream
        )
    }
}
