import GatewayKit
import GatewayPricing
import Stores
import Testing

struct BookStoreTests {
    @Test func `a store is read`() throws {
        let address = "postgres://u@db.example.com/prices"
        let cases: [(String, BookStore)] = [
            ("memory", .memory), ("sqlite:prices.db", .sqlite(path: "prices.db")),
            ("sqlite:/var/lib/a:b", .sqlite(path: "/var/lib/a:b")),
            (address, .postgres(try PostgresAddress(parsing: address))),
        ]
        for (text, store) in cases {
            let read = try BookStore(parsing: text)
            #expect(read == store)
        }
    }

    @Test(arguments: ["", "sqlite", "sqlite:", "memory:", "redis:", "prices.db", "postgres", "mysql://u:sesame@h/d"])
    func `what is no store is refused`(text: String) {
        let failure = #expect(throws: StartFailure.self) { try BookStore(parsing: text) }
        let forms = "sqlite: and the path of a file, postgres://USER@HOST/DATABASE, or memory"
        #expect(failure?.description.contains(forms) == true)
        #expect(failure?.description.contains("sesame") == false)
    }

    @Test(arguments: ["postgres:", "postgresql:prices", "postgres://u:sesame@h/d?sslmod=x"])
    func `what is no address of a database is refused`(text: String) {
        let failure = #expect(throws: StartFailure.self) { try BookStore(parsing: text) }
        #expect(failure?.description.contains("PostgreSQL") == true)
        #expect(failure?.description.contains("sesame") == false)
    }
}
