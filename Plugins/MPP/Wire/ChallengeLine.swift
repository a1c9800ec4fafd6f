internal import GatewayKit

/// Reads `WWW-Authenticate` values (RFC 9110 §11.6.1), in which one line may hold challenges of several schemes.
package struct ChallengeLine {
    private enum Element {
        case scheme(String)
        case parameter(name: String, value: String)
        /// Another scheme's token, or nothing.
        case other
    }

    private let bytes: [UInt8]
    private var index = 0

    private init(_ line: String) {
        bytes = Array(line.utf8)
    }

    /// The one challenge that the line must be.
    package static func challenge(_ line: String) throws(MalformedPayment) -> PaymentChallenge {
        let results = read(line)
        guard results.count == 1, let result = results.first else {
            throw MalformedPayment(results.isEmpty ? "it is no Payment challenge" : "several challenges stand there")
        }
        return try result.get()
    }

    /// All that can be read, of all lines, in their order.
    package static func challenges(in lines: [String]) -> [PaymentChallenge] {
        lines.flatMap { read($0) }.compactMap { try? $0.get() }
    }

    /// The challenges of the `Payment` scheme, and what is wrong with each that cannot be read.
    private static func read(_ line: String) -> [Result<PaymentChallenge, MalformedPayment>] {
        var reader = ChallengeLine(line)
        var results = [Result<PaymentChallenge, MalformedPayment>]()
        var parameters: [(name: String, value: String)]?
        func finish() {
            guard let found = parameters else { return }
            do throws(MalformedPayment) {
                results.append(.success(try PaymentChallenge(parameters: found)))
            } catch {
                results.append(.failure(error))
            }
            parameters = nil
        }
        while true {
            do throws(MalformedPayment) {
                switch try reader.next() {
                case nil:
                    finish()
                    return results
                case .scheme(let scheme)?:
                    finish()
                    parameters = scheme == "payment" ? [] : nil
                case .parameter(let name, let value)?:
                    guard parameters?.contains(where: { $0.name == name }) != true else {
                        throw MalformedPayment("'\(name)' stands there twice")
                    }
                    parameters?.append((name, value))
                case .other?:
                    guard parameters == nil else { throw MalformedPayment("a parameter has no value") }
                }
            } catch {
                guard parameters == nil else { return results + [.failure(error)] }
                // Another scheme's token: what stands behind the next comma may be ours.
                reader.skip { $0 != UInt8(ascii: ",") }
            }
        }
    }

    /// What stands before the next comma, or a scheme's name before its first parameter.
    private mutating func next() throws(MalformedPayment) -> Element? {
        skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
        guard index < bytes.count else { return nil }
        let start = index
        skip(while: ASCII.isTokenByte)
        guard index > start else {
            skip { $0 != UInt8(ascii: ",") }
            return .other
        }
        let name = String(decoding: bytes[start..<index].map(ASCII.lowercased), as: UTF8.self)
        let end = index
        skip { $0 == 0x20 || $0 == 0x09 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "=") {
            index += 1
            skip { $0 == 0x20 || $0 == 0x09 }
            let value = try value()
            skip { $0 == 0x20 || $0 == 0x09 }
            guard index == bytes.count || bytes[index] == UInt8(ascii: ",") else {
                throw MalformedPayment("something stands behind the value of '\(name)'")
            }
            return .parameter(name: name, value: value)
        }
        // A scheme is followed by a space and its first parameter, or by nothing.
        guard index == bytes.count || bytes[index] == UInt8(ascii: ",") || index > end else {
            skip { $0 != UInt8(ascii: ",") }
            return .other
        }
        return .scheme(name)
    }

    private mutating func value() throws(MalformedPayment) -> String {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            let start = index
            skip(while: ASCII.isTokenByte)
            guard index > start else { throw MalformedPayment("a parameter has no value") }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }
        index += 1
        var content = [UInt8]()
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 1
                guard index < bytes.count else { break }
            }
            guard bytes[index] >= 0x20 || bytes[index] == 0x09, bytes[index] != 0x7F else {
                throw MalformedPayment("a parameter holds a control character")
            }
            content.append(bytes[index])
            index += 1
        }
        guard index < bytes.count else { throw MalformedPayment("a quoted text does not end") }
        index += 1
        guard let text = String(validating: content, as: UTF8.self) else {
            throw MalformedPayment("a parameter is not UTF-8")
        }
        return text
    }

    private mutating func skip(while holds: (UInt8) -> Bool) {
        while index < bytes.count, holds(bytes[index]) {
            index += 1
        }
    }
}
