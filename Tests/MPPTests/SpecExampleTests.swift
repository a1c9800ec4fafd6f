import Foundation
import GatewayKit
import MPP
import Testing

/// The examples of the drafts that are whole: many have an ellipsis in the middle.
@Suite(.enabled(if: SharedVectors.areExpected)) struct SpecExampleTests {
    private let examples: [JSONValue]

    init() throws {
        let file = try JSONReader.value(of: try SharedVectors.bytes("mpp-specs/spec-examples.json"))
        guard case .array(let examples) = try #require(file["examples"]) else { throw MalformedPayment("no list") }
        self.examples = examples
    }

    @Test func `every JSON example has a canonical form that is read as the same`() throws {
        var count = 0
        for example in examples {
            guard let json = example["json"] else { continue }
            count += 1
            #expect(try JSONReader.value(of: Array(json.canonical.utf8)).canonical == json.canonical)
        }
        #expect(count > 60)
    }

    @Test func `every credential example is read, with its challenge and its payload`() throws {
        var count = 0
        for example in examples {
            guard let json = example["json"], json["challenge"]?["id"] != nil, let payload = json["payload"] else {
                continue
            }
            count += 1
            let credential = try PaymentCredential(token: Array(Base64.url.encoded(json.canonical).utf8))
            #expect(credential.challenge.id == json["challenge"]?["id"]?.text)
            #expect(credential.payload.canonical == payload.canonical)
        }
        #expect(count >= 10)
    }

    @Test func `every preference example is read`() throws {
        var count = 0
        for example in examples {
            for line in example["http"]?.text?.split(separator: "\n") ?? [] where line.hasPrefix("Accept-Payment:") {
                count += 1
                #expect(AcceptPayment(String(line.dropFirst("Accept-Payment:".count))) != nil, "\(line)")
            }
        }
        #expect(count >= 4)
    }

    @Test func `every receipt example with a time is read`() throws {
        var count = 0
        for example in examples {
            guard let json = example["json"], json["status"]?.text == "success",
                json["timestamp"]?.text.flatMap({ Timestamp.time($0) }) != nil, json["reference"] != nil
            else { continue }
            count += 1
            let receipt = try PaymentReceipt(decoding: Base64.url.encoded(json.canonical))
            #expect(receipt.value.canonical == json.canonical)
        }
        #expect(count >= 2)
    }
}
