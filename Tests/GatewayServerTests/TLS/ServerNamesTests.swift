import GatewayServer
import Testing

@Suite struct ServerNamesTests {
    private let names = ServerNames([["default.example"], ["api.example.com", "API.example.org"], ["*.example.com"]])

    @Test(arguments: [
        ("api.example.com", 1), ("API.EXAMPLE.COM", 1), ("api.example.com.", 1), ("api.example.org", 1),
    ])
    func `a name is found whatever its case, and with the dot at its end`(name: String, index: Int) {
        #expect(names.index(of: name) == index)
    }

    @Test func `a name is preferred to a wildcard`() {
        #expect(ServerNames([["a"], ["*.b.c"], ["a.b.c"]]).index(of: "a.b.c") == 2)
    }

    @Test(arguments: [
        ("www.example.com", 2), ("xn--bcher-kva.example.com", 2), ("*.example.com", 2), ("example.com", 0),
        ("a.www.example.com", 0), (".example.com", 0), ("www.example.com.evil", 0),
    ])
    func `a wildcard stands for one whole label`(name: String, index: Int) {
        #expect(names.index(of: name) == index)
    }

    @Test(arguments: [nil, "", ".", "..", "unknown", "unknown.example", "127.0.0.1", "bücher.example", "\u{212A}"])
    func `no name and an unknown name get the default`(name: String?) {
        #expect(names.index(of: name) == 0)
    }

    @Test func `of two certificates with the same name the first has it`() {
        let names = ServerNames([[], ["a", "*.b"], ["a", "*.b"]])
        #expect(names.index(of: "a") == 1)
        #expect(names.index(of: "x.b") == 1)
    }

    @Test func `a wildcard in the middle of a name is for nobody else`() {
        #expect(ServerNames([[], ["a.*.c", "w*.c"]]).index(of: "a.b.c") == 0)
        #expect(ServerNames([[], ["a.*.c", "w*.c"]]).index(of: "www.c") == 0)
    }
}
