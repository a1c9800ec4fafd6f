import Stores
import Testing

struct ConnectionLeasesTests {
    private typealias Leases = ConnectionLeases<String, String>

    /// What an answer says.
    private func text(_ answer: Leases.Answer) -> String {
        switch answer {
        case .granted(let connection): connection ?? "new"
        case .waits(let number): "waits \(number)"
        case .refused(let failure): "\(failure)"
        }
    }

    @Test func `as many are made as there may be, and then those that are given back are used again`() {
        var leases = Leases(limit: 2, waiting: 1)
        #expect(text(leases.take("a")) == "new")
        #expect(text(leases.take("b")) == "new")
        #expect(leases.giveBack("one") == nil)
        #expect(text(leases.take("c")) == "one")
    }

    @Test func `who waits is served in the order of coming`() {
        var leases = Leases(limit: 1, waiting: 3)
        _ = leases.take("a")
        let numbers = [text(leases.take("b")), text(leases.take("c")), text(leases.take("d"))]
        #expect(numbers == ["waits 1", "waits 2", "waits 3"])
        #expect(leases.callAway(2) == "c")
        #expect(leases.giveBack("one") == "b")
        #expect(leases.giveBack("one") == "d")
        #expect(leases.giveBack("one") == nil)
        #expect(text(leases.take("e")) == "one")
    }

    @Test func `whoever is called away is not served, and whoever was served is not called away`() {
        var leases = Leases(limit: 1, waiting: 1)
        _ = leases.take("a")
        _ = leases.take("b")
        #expect(leases.giveBack(nil) == "b")
        #expect(leases.callAway(1) == nil)
        let changed = leases.change(1) { $0 = "x" }
        #expect(!changed)
        _ = leases.take("c")
        #expect(leases.callAway(2) == "c")
        #expect(leases.giveBack(nil) == nil)
        #expect(text(leases.take("d")) == "new")
    }

    @Test func `no more wait than may`() {
        var leases = Leases(limit: 1, waiting: 1)
        _ = leases.take("a")
        _ = leases.take("b")
        #expect(text(leases.take("c")) == "all connections are in use")
        _ = leases.callAway(1)
        #expect(text(leases.take("d")) == "waits 2")
    }

    @Test func `one that is no good makes room for a new one`() {
        var leases = Leases(limit: 1, waiting: 1)
        _ = leases.take("a")
        _ = leases.giveBack("one")
        #expect(leases.dropIdle() == ["one"])
        #expect(text(leases.take("b")) == "new")
        _ = leases.giveBack(nil)
        #expect(text(leases.take("c")) == "new")
    }

    @Test func `closing sends everybody away who waits, and keeps nothing`() {
        var leases = Leases(limit: 2, waiting: 3)
        _ = leases.take("a")
        _ = leases.take("b")
        _ = leases.take("c")
        _ = leases.take("d")
        _ = leases.callAway(1)
        let (idle, waiting) = leases.close()
        #expect(idle == [])
        #expect(waiting == ["d"])
        #expect(leases.giveBack("one") == nil)
        #expect(leases.dropIdle() == [])
        #expect(text(leases.take("e")) == "it is closed")
    }
}
