package import NIOCore

/// What one side of a connection asks of the other (RFC 9113 §6.5.2).
package struct HTTP2Settings: Hashable, Sendable {
    package enum Parameter: UInt16 {
        case headerTableSize = 1
        case enablePush = 2
        case maxConcurrentStreams = 3
        case initialWindowSize = 4
        case maxFrameSize = 5
        case maxHeaderListSize = 6
        /// RFC 8441 §3.
        case enableConnectProtocol = 8
    }

    package static let largestWindow = 0x7FFF_FFFF
    package static let smallestFrameSize = 16_384

    package var headerTableSize = 4_096
    package var maxConcurrentStreams = Int(UInt32.max)
    package var initialWindowSize = 65_535
    package var maxFrameSize = HTTP2Settings.smallestFrameSize
    package var maxHeaderListSize = Int(UInt32.max)
    package var isPushEnabled = false
    package var allowsConnectProtocol = false

    /// What holds before the first SETTINGS frame.
    package init() {}

    /// Applies the payload of a SETTINGS frame whose length is a multiple of six, in its order.
    package mutating func apply(_ payload: ByteBuffer) throws(HTTP2Fault) {
        var payload = payload
        while let (number, value) = payload.readMultipleIntegers(as: (UInt16, UInt32).self) {
            guard let parameter = Parameter(rawValue: number) else { continue }
            switch parameter {
            case .headerTableSize: headerTableSize = Int(value)
            case .enablePush:
                guard value <= 1 else { throw HTTP2Fault(.protocolError, "SETTINGS_ENABLE_PUSH is neither 0 nor 1") }
                isPushEnabled = value == 1
            case .maxConcurrentStreams: maxConcurrentStreams = Int(value)
            case .initialWindowSize:
                guard value <= UInt32(Self.largestWindow) else {
                    throw HTTP2Fault(.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE is above 2^31-1")
                }
                initialWindowSize = Int(value)
            case .maxFrameSize:
                guard (16_384...16_777_215).contains(value) else {
                    throw HTTP2Fault(.protocolError, "SETTINGS_MAX_FRAME_SIZE is not within 2^14 and 2^24-1")
                }
                maxFrameSize = Int(value)
            case .maxHeaderListSize: maxHeaderListSize = Int(value)
            case .enableConnectProtocol:
                guard value <= 1, !(allowsConnectProtocol && value == 0) else {
                    throw HTTP2Fault(.protocolError, "SETTINGS_ENABLE_CONNECT_PROTOCOL is not 1")
                }
                allowsConnectProtocol = value == 1
            }
        }
    }

    /// Writes a SETTINGS frame.
    package static func write(_ values: [(Parameter, Int)], into buffer: inout ByteBuffer) {
        HTTP2FrameHeader(.settings, length: 6 * values.count, stream: 0).write(into: &buffer)
        for (parameter, value) in values {
            buffer.writeMultipleIntegers(parameter.rawValue, UInt32(clamping: value))
        }
    }
}
