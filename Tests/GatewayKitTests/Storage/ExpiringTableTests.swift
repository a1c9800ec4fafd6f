import GatewayKit
import NIOCore
import Testing

struct ExpiringTableTests {
    private static func at(_ milliseconds: Int64) -> NIODeadline {
        NIODeadline.uptimeNanoseconds(1_000_000_000_000) + TimeAmount.milliseconds(milliseconds)
    }

    @Test func `a value counts until its end`() {
        var table = ExpiringTable<Int, String>(most: 1)
        table.keep("a", for: 1, until: Self.at(10), at: Self.at(0))
        #expect(table.value(for: 1, at: Self.at(9)) == "a")
        #expect(table.value(for: 1, at: Self.at(10)) == nil)
    }

    @Test func `a value is taken once, and before its end`() {
        var table = ExpiringTable<Int, String>(most: 2)
        table.keep("a", for: 1, until: Self.at(10), at: Self.at(0))
        table.keep("b", for: 2, until: Self.at(10), at: Self.at(0))
        let taken = [table.take(1, at: Self.at(9)), table.take(1, at: Self.at(9)), table.take(2, at: Self.at(10))]
        #expect(taken == ["a", nil, nil])
    }

    @Test func `what finds no room is not kept, and what has ended makes room once a second`() {
        var table = ExpiringTable<Int, String>(most: 1)
        table.keep("a", for: 1, until: Self.at(500), at: Self.at(0))
        table.keep("b", for: 2, until: Self.at(9_000), at: Self.at(0))
        #expect(table.value(for: 2, at: Self.at(0)) == nil)
        table.keep("b", for: 2, until: Self.at(9_000), at: Self.at(999))
        #expect(table.value(for: 2, at: Self.at(999)) == nil)
        table.keep("b", for: 2, until: Self.at(9_000), at: Self.at(1_000))
        #expect(table.value(for: 2, at: Self.at(1_000)) == "b")
    }

    @Test func `a full table takes another value for what it has`() {
        var table = ExpiringTable<Int, String>(most: 1)
        table.keep("a", for: 1, until: Self.at(10), at: Self.at(0))
        table.keep("b", for: 1, until: Self.at(20), at: Self.at(0))
        #expect(table.value(for: 1, at: Self.at(15)) == "b")
    }
}
