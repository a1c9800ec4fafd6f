import Stores
import Testing

struct PostgresRowTests {
    @Test func `integers of eight and of four bytes are read`() throws {
        let row = PostgresRow([
            [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0, 0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFE],
        ])
        let integers = [try row.integer(0), try row.integer(1), try row.integer(2)]
        #expect(integers == [.max, .min, -2])
    }

    @Test func `bytes of any other length are no integer`() {
        for count in 0...16 where count != 4 && count != 8 {
            let row = PostgresRow([Array(repeating: 1, count: count)])
            #expect(throws: PostgresFailure.self) { try row.integer(0) }
        }
    }

    @Test func `what is no UTF-8 is no text`() throws {
        let row = PostgresRow([Array("prüf\0".utf8), [0xC3], []])
        let texts = [try row.text(0), try row.text(2)]
        #expect(texts == ["prüf\0", ""])
        #expect(throws: PostgresFailure.self) { try row.text(1) }
    }

    @Test func `only zero and one are a no and a yes`() throws {
        let row = PostgresRow([[0], [1], [2], [], [0, 1]])
        let flags = [try row.flag(0), try row.flag(1)]
        #expect(flags == [false, true])
        for column in 2...4 {
            #expect(throws: PostgresFailure.self) { try row.flag(column) }
        }
    }

    @Test func `a NULL, and a column that is not there, hold nothing`() {
        let row = PostgresRow([nil])
        for column in [-1, 0, 1] {
            #expect(throws: PostgresFailure.self) { try row.bytes(column) }
        }
    }
}
