import Foundation
import GatewayKit
import HTTPTypes
import L402
import NIOHTTP1
import Testing
import sluice

@Suite struct `What sluice get ends with` {
    @Test func `3 where no server is`() async throws {
        try await Shopper.with { shopper in
            // Port 0 is nobody's.
            let result = try await shopper.get("/", at: "http://127.0.0.1:0")
            #expect(result.status == 3)
            #expect(result.error.hasPrefix("error: no answer from 127.0.0.1"))
        }
    }

    @Test func `3 where no wallet is`() async throws {
        try await Shopper.with { shopper in
            let result = try await shopper.get("/quotes", wallet: "http://127.0.0.1:0")
            #expect(result.status == 3)
            #expect(result.output.isEmpty)
        }
    }

    @Test func `5 for what is not found, with the server's body`() async throws {
        try await Shopper.with { shopper in
            let result = try await shopper.get("/nothing")
            #expect(result.status == 5)
            #expect(result.error == "error: 404 Not Found\n")
            #expect(!result.output.isEmpty)
        }
    }

    @Test(arguments: [(401, Int32(4)), (403, 4), (429, 4), (410, 5), (500, 1), (301, 0), (204, 0)])
    func `a status that says how the server answered`(code: Int, status: Int32) async throws {
        try await Shopper.with { shopper in
            try await ScriptedService.with { _ in
                Reply(.init(code: code))
            } _: { service in
                let result = try await shopper.get("/", at: service.url)
                #expect(result.status == status)
            }
        }
    }

    @Test(arguments: [
        [], ["ftp://127.0.0.1/"], ["http://127.0.0.1:0/", "--max", "much"], ["http://127.0.0.1:0", "-H", "x"],
    ])
    func `2 for what cannot be meant`(arguments: [String]) async throws {
        #expect(try await SluiceCommand.run(["get"] + arguments).status == 2)
    }

    @Test func `1 for tokens that cannot be read, before anything is sent`() async throws {
        try await Shopper.with { shopper in
            try await ScriptedService.with { _ in
                .text("yes")
            } _: { service in
                let file = try shopper.folder.newFile("tokens.json")
                try file.write(contentsOf: Data("{".utf8))
                let path = "\(shopper.folder.path)/tokens.json"
                let result = try await SluiceCommand.run(["get", service.url, "--tokens", path])
                #expect(result.status == 1)
                #expect(result.error.contains("cannot read the tokens in \(path)"))
                #expect(service.calls.isEmpty)
            }
        }
    }

    // MARK: Standard output

    @Test func `0 when the reader has enough`() async throws {
        try await Shopper.with { shopper in
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let result = try await SluiceCommand.run(
                ["get", "\(shopper.gateway.url)/free/zeros/300000"],
                output: pipe.fileHandleForWriting
            )
            #expect(result.status == 0)
            #expect(result.error.isEmpty)
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func `1 when the body cannot be written`() async throws {
        try await Shopper.with { shopper in
            let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            let result = try await SluiceCommand.run(
                ["get", "\(shopper.gateway.url)/free/zeros/300000"],
                output: full
            )
            #expect(result.status == 1)
            #expect(result.error == "error: cannot write the answer: No space left on device\n")
        }
    }

    // MARK: A server that cannot be trusted

    @Test func `4 for a server that does not accept what it sold, whose words stay words`() async throws {
        try await Shopper.with { shopper in
            let gateway = shopper.gateway
            let answer: @Sendable (ScriptedService.Call) async throws -> Reply = { _ in
                var reply = Reply.json(#"{"detail":"\u001b[2Jall is well\nreally"}"#, .init(code: 402))
                let name = try #require(FieldName("www-authenticate"))
                for line in try await gateway.request("/quotes").headers["www-authenticate"] {
                    reply.fields.add(name, line)
                }
                return reply
            }
            try await ScriptedService.with(answer: answer) { service in
                let result = try await shopper.get("/quotes", at: service.url)
                #expect(result.status == 4)
                let words = #"\u{1B}[2Jall is well\u{A}really"#
                #expect(result.error == "error: the server does not accept what it sold: \(words)\n")
                #expect(shopper.payments.count == 1)
            }
        }
    }

    // MARK: sluice pay

    @Test func `sluice pay prints the proof of payment as JSON when piped, and 1 when it is paid already`() async throws
    {
        try await Shopper.with { shopper in
            let invoice = try #require(try await shopper.gateway.request("/quotes").challenge).invoice
            let first = try await SluiceCommand.run(["pay", invoice, "--wallet", shopper.wallet.url])
            #expect(first.status == 0)
            #expect(first.text.hasPrefix(#"{"amount_msat":10000,"fee_msat":0,"preimage":""#))
            let second = try await SluiceCommand.run(["pay", invoice, "--wallet", shopper.wallet.url])
            #expect(second.status == 1)
            #expect(second.error.contains("already paid"))
        }
    }
}
