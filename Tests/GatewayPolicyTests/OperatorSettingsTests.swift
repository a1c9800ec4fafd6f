import GatewayKit
import GatewayPolicy
import Testing

struct OperatorSettingsTests {
    private static let hello = "version: 1\nroutes:\n  - { name: hello, match: {}, pipeline: [respond] }\n"

    private func plan(_ text: String) throws -> Plan {
        try #require(PolicyLoader.outcome(of: Self.hello + text).plan)
    }

    @Test func `a policy without access-log and admin has neither`() throws {
        let plan = try plan("")
        #expect(plan.accessLog == nil)
        #expect(plan.admin == nil)
    }

    @Test func `an access log is JSON on standard error, of every request, unless it says otherwise`() throws {
        #expect(try plan("access-log: {}\n").accessLog == AccessLogSettings(format: .json, destination: .standardError))
    }

    @Test func `an access log has the format, the share and the file that it names`() throws {
        let log = try plan("access-log: { format: logfmt, to: /var/log/sluice.log, sample: 0.25 }\n").accessLog
        let expected = AccessLogSettings(
            format: .logfmt,
            destination: .file(path: "/var/log/sluice.log"),
            sample: 0.25
        )
        #expect(log == expected)
        #expect(try plan("access-log: { to: stdout }\n").accessLog?.destination == .standardOutput)
    }

    @Test func `a log file is found from the policy that names it`() throws {
        let files = MemoryFiles(["folder/policy.yaml": Self.hello + "access-log: { to: logs/access.log }\n"])
        guard case .plan(let plan) = PolicyLoader.example(files, environment: [:]).load("folder/policy.yaml") else {
            Issue.record("the policy has a mistake")
            return
        }
        #expect(plan.accessLog?.destination == .file(path: "folder/logs/access.log"))
    }

    @Test func `the operator's listener has the address that it names`() throws {
        #expect(try plan("admin: { listen: '[::1]:8404' }\n").admin?.address == "[::1]:8404")
        #expect(try plan("admin: { listen: 'unix:/run/admin.sock' }\n").admin?.address == "unix:/run/admin.sock")
    }

    @Test(arguments: ["localhost:8404", "127.0.0.1:8404", "[::1]:8404", "unix:/run/admin.sock"])
    func `an address of this machine alone is no cause for a warning`(address: String) throws {
        #expect(try plan("admin: { listen: '\(address)' }\n").warnings.isEmpty)
    }
}
