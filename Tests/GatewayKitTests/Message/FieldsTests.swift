import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

struct FieldsTests {
    private func name(_ text: String) throws -> FieldName {
        try #require(FieldName(text))
    }

    private let wire = RequestHead.example(
        fields: [("Accept", "text/html"), ("X-CUSTOM", "one"), ("accept", "text/plain"), ("x-custom", "two")]
    ).fields

    @Test func `a field is found in any case of letters`() throws {
        #expect(wire[.accept] == "text/html")
        #expect(wire[try name("ACCEPT")] == "text/html")
        #expect(wire[try name("x-Custom")] == "one")
        #expect(wire[try name("x-other")] == nil)
        #expect(wire.contains(.host))
        #expect(!wire.contains(.authorization))
    }

    @Test func `all lines of a name come in their order`() throws {
        #expect(wire.values(of: .accept) == ["text/html", "text/plain"])
        #expect(wire.values(of: try name("X-Custom")) == ["one", "two"])
        #expect(Array(wire.indices(of: .accept)) == [1, 3])
    }

    @Test func `a line that is added stands at the end`() throws {
        var fields = wire
        fields.add(.accept, "image/png")
        #expect(fields.values(of: .accept) == ["text/html", "text/plain", "image/png"])
        #expect(fields.name(at: 5) == "accept")
        #expect(wire.count == 5, "the copy changed alone")
    }

    @Test func `setting replaces every line by one at the end`() throws {
        var fields = wire
        fields.set(try name("X-Custom"), "three")
        fields.set(.host, "example.com")
        #expect(fields.values(of: try name("x-custom")) == ["three"])
        #expect(fields[.host] == "example.com")
        #expect(fields.lines.indices.map(fields.name) == ["Accept", "accept", "x-custom", "host"])
    }

    @Test func `removing takes every line away`() throws {
        var fields = wire
        fields.remove(.accept)
        fields.remove(try name("x-custom"))
        fields.remove(.authorization)
        #expect(fields.lines.indices.map(fields.name) == ["Host"])
    }

    @Test func `bytes that would end a line become spaces`() throws {
        var fields = Fields()
        fields.add(try name("x"), "a\r\nSet-Cookie: b\u{0}c\r\n\r\n")
        #expect(fields[try name("x")] == "a  Set-Cookie: b c    ")
        var buffer = ByteBuffer()
        fields.write(at: 0, into: &buffer)
        #expect(String(buffer: buffer) == "x: a  Set-Cookie: b c    \r\n")
    }

    @Test func `a value is kept as it is otherwise`() throws {
        let fields = Fields([(.accept, ""), (.allow, "é\t\u{1F600}")])
        #expect(fields[.accept] == "")
        #expect(fields[.allow] == "é\t\u{1F600}")
    }

    @Test func `a line that points outside its bytes is empty`() {
        let line = Fields.Line(name: 0..<4, value: 100..<200, known: .other)
        let fields = Fields(wire: ByteBuffer(string: "name"), lines: [line])
        #expect(fields.value(at: 0) == "")
    }

    @Test func `the lines can be taken out`() {
        var fields = wire
        #expect(fields.releaseLines().count == 5)
        #expect(fields.isEmpty)
        #expect(fields[.accept] == nil)
    }

    // MARK: Names

    @Test(arguments: KnownField.allCases)
    func `a known name is itself in every case of letters`(_ field: KnownField) {
        for name in [field.name, field.name.uppercased()] {
            let found = Array(name.utf8).withUnsafeBytes { KnownField(name: $0) }
            #expect(found == field)
        }
        #expect(FieldName(field).text == field.name)
        if field != .other {
            #expect(FieldName(field.name.uppercased()) == FieldName(field))
        }
    }

    @Test func `known names are all different`() {
        #expect(Set(KnownField.allCases.map(\.name)).count == KnownField.allCases.count)
    }

    @Test func `a name that differs in one byte is another`() {
        for field in KnownField.allCases where field != .other {
            for variant in Variants.of(field.name) {
                let found = variant.withUnsafeBytes { KnownField(name: $0) }
                let text = String(decoding: variant, as: UTF8.self).lowercased()
                #expect(found == KnownField.allCases.first { $0.name == text && $0 != .other } ?? .other)
            }
        }
    }

    @Test(arguments: ["", " ", "a b", "a:", "a\r", "a\n", "é", "a\u{0}", "(a)", "a/b", "\u{212A}"])
    func `what is no token is no name`(_ text: String) {
        #expect(FieldName(text) == nil)
    }

    @Test func `unknown names are equal in any case of letters`() throws {
        #expect(try name("X-One") == name("x-oNE"))
        #expect(try name("X-One").hashValue == name("x-one").hashValue)
        #expect(try name("x-one") != name("x-two"))
        #expect(try name("X-One").description == "x-one")
    }
}
