#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension IPAddress {
    /// Lends the bytes of what `description` says, without making a `String`.
    package func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: Int(INET6_ADDRSTRLEN), alignment: 1) { text in
            let length = isV4 ? writeV4(to: text) : writeV6(to: text)
            return body(UnsafeRawBufferPointer(rebasing: text[..<length]))
        }
    }

    private func writeV4(to text: UnsafeMutableRawBufferPointer) -> Int {
        var length = 0
        func write(_ byte: UInt8) {
            text[length] = byte
            length += 1
        }
        for shift in stride(from: UInt64(24), through: 0, by: -8) {
            let number = UInt8(truncatingIfNeeded: low >> shift)
            if number >= 100 { write(UInt8(ascii: "0") + number / 100) }
            if number >= 10 { write(UInt8(ascii: "0") + number / 10 % 10) }
            write(UInt8(ascii: "0") + number % 10)
            if shift > 0 { write(UInt8(ascii: ".")) }
        }
        return length
    }

    private func writeV6(to text: UnsafeMutableRawBufferPointer) -> Int {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        let characters = text.bindMemory(to: CChar.self)
        let written = inet_ntop(AF_INET6, &address, characters.baseAddress, socklen_t(characters.count))
        return written == nil ? 0 : characters.firstIndex(of: 0) ?? 0
    }
}
