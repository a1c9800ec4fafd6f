import GatewayServer
import NIOCore
import Testing

struct ProxyHeaderReaderTests {
    static let accepted = ProxyVector.lines + ProxyVector.blocks

    @Test(arguments: accepted)
    func `a header is read and taken off, and what follows stays`(_ vector: ProxyVector) {
        let (progress, taken) = ProxyVector.read(vector.bytes + Array("GET / HTTP/1.1\r\n".utf8))
        #expect(progress == .complete(vector.header))
        #expect(taken == vector.bytes.count)
    }

    @Test(arguments: ProxyVector.refused)
    func `what is not exactly a header is refused and stays`(_ vector: ProxyVector) {
        let (progress, taken) = ProxyVector.read(vector.bytes)
        #expect(progress.isFault)
        #expect(taken == 0)
    }

    @Test(arguments: accepted)
    func `every prefix of a header is incomplete and stays`(_ vector: ProxyVector) {
        for length in vector.bytes.indices {
            let (progress, taken) = ProxyVector.read(vector.bytes[..<length])
            #expect(progress == .incomplete && taken == 0, "\(length) bytes")
        }
    }

    @Test func `a header that comes byte by byte is read at its last byte`() {
        var buffer = ByteBuffer()
        let reader = ProxyHeaderReader()
        let progress = ProxyVector.withChecksum.map { byte in
            buffer.writeInteger(byte)
            return reader.read(&buffer)
        }
        #expect(progress.dropLast().allSatisfy { $0 == .incomplete })
        #expect(progress.last == .complete(ProxyVector.v4Header))
    }

    @Test(arguments: [Array("PROXY ".utf8), ProxyVector.signature])
    func `the first byte that cannot begin a header is refused`(_ beginning: [UInt8]) {
        let otherForm: Set = [Array("P".utf8), [0x0D]]
        for length in beginning.indices {
            for byte in UInt8.min...UInt8.max where byte != beginning[length] {
                let bytes = beginning[..<length] + [byte]
                guard !otherForm.contains(Array(bytes)) else { continue }
                #expect(ProxyVector.read(bytes).progress.isFault, "\(byte) after \(length) bytes")
            }
        }
    }

    @Test func `a version that is not known is refused before the length has come`() {
        #expect(ProxyVector.read(ProxyVector.signature + [0x31]).progress.isFault)
    }

    @Test func `a block that is too long is refused before it has come`() {
        #expect(ProxyVector.read(ProxyVector.signature + [0x21, 0x11, 0x10, 0x00]).progress.isFault)
    }

    @Test func `a bit that flips in what a checksum covers is refused`() {
        // From the addresses on; the checksum's own type would turn it off.
        let bytes = ProxyVector.withChecksum
        let type = bytes.count - 12
        for index in 16..<bytes.count where index != type {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << bit
                #expect(ProxyVector.read(flipped).progress.isFault, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test func `the checksum of the digits is that of the catalogue`() {
        // "check" of CRC-32/ISCSI in the catalogue of parametrised CRC algorithms.
        var checksum = CRC32C()
        checksum.add("1234".utf8)
        checksum.add("56789".utf8)
        #expect(checksum.value == 0xE306_9283)
    }
}

extension ProxyHeaderReader.Progress {
    var isFault: Bool {
        if case .fault = self { return true }
        return false
    }
}
