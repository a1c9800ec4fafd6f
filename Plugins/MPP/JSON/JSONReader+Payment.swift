package import GatewayKit

extension JSONReader {
    package static func value(of bytes: UnsafeRawBufferPointer) throws(MalformedPayment) -> JSONValue {
        do {
            return try read(bytes)
        } catch {
            throw MalformedPayment(error.description)
        }
    }

    package static func value(of bytes: [UInt8]) throws(MalformedPayment) -> JSONValue {
        let result: Result<JSONValue, MalformedPayment> = bytes.withUnsafeBytes { buffer in
            do throws(MalformedPayment) {
                return .success(try value(of: buffer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
