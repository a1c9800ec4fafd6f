import GatewayKit
import Stores
import Testing

struct PostgresAddressTests {
    private func parameters(_ text: String) throws -> [String: String] {
        try PostgresAddress(parsing: text).parameters(PostgresSettings())
    }

    @Test func `an address is read as libpq reads it`() throws {
        let parameters = try parameters("postgresql://u:p%40@a,b:5433/d?target_session_attrs=any")
        let said = ["user": "u", "password": "p@", "host": "a,b", "port": ",5433", "dbname": "d"]
        #expect(parameters.filter { said[$0.key] != nil } == said)
        #expect(parameters["target_session_attrs"] == "any")
    }

    @Test func `its password is not printed`() throws {
        let address = try PostgresAddress(parsing: "postgres://u:open-sesame@db.example.com/prices?sslmode=require")
        #expect("\(address)" == "postgres://db.example.com/prices")
        #expect(String(reflecting: address) == "postgres://db.example.com/prices")
    }

    private static let noAddresses = [
        "", "postgres", "postgres:", "postgresql:", "host=a password=open-sesame",
        "postgres://u:open-sesame@h/d?sslmod=x", "postgres://u:open-sesame\0@h/d", "postgres://u:%00open-sesame@h/d",
        "postgres://u:open-sesame@[::1/d", "postgres://u:open/a?sesame=@h/d", "postgres://u:open-sesame@h/d?sslmode",
    ]

    @Test(arguments: noAddresses)
    func `what is no address is refused, and no password repeated`(text: String) {
        let failure = #expect(throws: StartFailure.self) { try PostgresAddress(parsing: text) }
        #expect(failure?.description.contains("sesame") == false)
    }

    @Test func `an option that is misspelled is named`() {
        let failure = #expect(throws: StartFailure.self) {
            try PostgresAddress(parsing: "postgres://u@h/d?sslmod=require")
        }
        #expect(failure?.description.contains("sslmod") == true)
    }

    private static let modes: [(String, String?)] = [
        ("postgres://db.example.com/d", "verify-full"), ("postgres://localhost,db.example.com/d", "verify-full"),
        ("postgres://db.example.com/d?sslmode=require", "require"), ("postgres://localhost/d", nil),
        ("postgres://127.0.0.1,[::1]/d", nil), ("postgres:///d?host=/run/postgresql", nil), ("postgres:///d", nil),
        ("postgres://db.example.com/d?hostaddr=127.0.0.1", nil), ("postgres:///?service=prices", nil),
    ]

    @Test(arguments: modes)
    func `a server on another machine shows its certificate, unless the address says otherwise`(
        text: String,
        mode: String?
    ) throws {
        let parameters = try parameters(text)
        #expect(parameters["sslmode"] == mode)
    }

    @Test func `a server that can be written is looked for, unless the address says otherwise`() throws {
        let usual = try parameters("postgres://a,b/d")["target_session_attrs"]
        let own = try parameters("postgres://a,b/d?target_session_attrs=primary")["target_session_attrs"]
        #expect([usual, own] == ["read-write", "primary"])
    }

    @Test func `commits wait for the disk, and statements end, unless the address says otherwise`() throws {
        let usual = try parameters("postgres://h/d")["options"]
        let ours = "-c statement_timeout=5000 -c idle_in_transaction_session_timeout=5000 -c synchronous_commit=on"
        #expect(usual == ours)
        let own = try parameters("postgres://h/d?options=-c%20statement_timeout%3D9000")["options"]
        #expect(own == ours + " -c statement_timeout=9000")
    }
}
