import Foundation
import GatewayKit
import Testing

/// The page of a 402 in a browser.
@Suite(.enabled(if: Browser.isExpected))
struct BrowserPageTests {
    private static let workRoutes =
        TestGateway.paymentRoutes + """

              - name: worked
                match: { path: /worked }
                pipeline:
                  - auth: [mpp, pow: 18]
                  - rate-limit: { limit: 1000/s }
                  - price: 10 sat
                  - forward: echo
              - name: free-work
                match: { path: /free-work }
                pipeline:
                  - auth: { pow: 18 }
                  - rate-limit: { limit: 1000/s }
                  - price: 10 sat
                  - forward: echo
            """

    /// Where the pictures go can be said with `SLUICE_SCREENSHOT`, for people to look at.
    @Test(.timeLimit(.minutes(3))) func `shows a code that a decoder reads as the invoice`() async throws {
        let pages = [("light", "/both"), ("dark", "/both"), ("light", "/echo"), ("dark", "/worked")]
        // A browser that starts mostly waits, so they do that together.
        try await TestGateway.with(routes: Self.workRoutes) { gateway in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (scheme, path) in pages {
                    group.addTask { try await Self.expectCode(at: path, scheme: scheme, gateway) }
                }
                try await group.waitForAll()
            }
        }
    }

    private static func expectCode(at path: String, scheme: String, _ gateway: TestGateway) async throws {
        let folder = try TemporaryFolder()
        let shown = ProcessInfo.processInfo.environment["SLUICE_SCREENSHOT"] ?? folder.path
        let picture = "\(shown)/page-\(scheme)-\(path.dropFirst()).png"
        try await Browser.screenshot(
            of: gateway.url + path,
            to: picture,
            isDark: scheme == "dark",
            profile: "\(folder.path)/profile"
        )
        let text = try await Browser.run(
            "/usr/bin/zbarimg",
            ["--raw", "--quiet", "-Sdisable", "-Sqrcode.enable", picture]
        )
        let invoice = text.trimmingCharacters(in: .newlines)
        #expect(invoice.hasPrefix("LNBCRT"), "\(scheme) \(path)")
        _ = try await gateway.pay(invoice.lowercased())
    }

    private struct Shown: Decodable {
        let status: String
        let offersWallet: Bool
        let opened: String
        let cookies: String
    }

    @Test(.enabled(if: L402RequestsPeer.isExpected), .timeLimit(.minutes(3)))
    func `opens by itself when somebody else pays`() async throws {
        async let both: Void = Self.expectOpening(of: "/both")
        async let charge: Void = Self.expectOpening(of: "/echo")
        _ = try await (both, charge)
    }

    private static func expectOpening(of path: String) async throws {
        try await TestGateway.withPayments { gateway in
            let folder = try TemporaryFolder()
            let shown: Shown = try await Browser.ask(
                "open_page.py",
                gateway.url + path,
                gateway.node,
                "\(folder.path)/profile"
            )
            #expect(shown.status.hasPrefix("Waiting for the payment."), "\(path)")
            #expect(!shown.offersWallet, "\(path)")
            #expect(shown.opened.hasPrefix("GET \(path)"))
            // What opened it is out of the reach of scripts.
            #expect(shown.cookies.isEmpty, "\(path)")
        }
    }

    private struct Worked: Decodable {
        let isIdleAtFirst: Bool
        let said: String
        let progress: Double
        /// The longest that the page took to answer while it worked, in seconds.
        let slowest: Double
        let opened: String
        let cookies: String
    }

    @Test(.enabled(if: L402RequestsPeer.isExpected), .timeLimit(.minutes(3)), arguments: ["/worked", "/free-work"])
    func `works for its answer when it is asked to, and lives meanwhile`(path: String) async throws {
        try await TestGateway.with(routes: Self.workRoutes) { gateway in
            let folder = try TemporaryFolder()
            let worked: Worked = try await Browser.ask("work_page.py", gateway.url + path, "\(folder.path)/profile")
            #expect(worked.isIdleAtFirst)
            #expect(worked.said.hasPrefix("Working"))
            #expect(worked.progress > 0)
            #expect(worked.slowest < 30)
            #expect(worked.opened.hasPrefix("GET \(path)"))
            #expect(!worked.opened.contains("sluice_page_"))
            #expect(worked.cookies.isEmpty, "it opens its route once")
        }
    }

    private struct Told: Decodable {
        let language: String
        let title: String
        let nodes: [[String]]
        let unnamed: [String]
        let order: [String]
        let contrasts: [Double]
        let overflow: Bool
    }

    @Test(.enabled(if: L402RequestsPeer.isExpected), .timeLimit(.minutes(3)))
    func `tells those who do not see it what it is, and can be used with a keyboard`() async throws {
        async let light: Void = Self.expectAccess(scheme: "light")
        async let dark: Void = Self.expectAccess(scheme: "dark")
        _ = try await (light, dark)
    }

    private static func expectAccess(scheme: String) async throws {
        try await TestGateway.with(routes: workRoutes) { gateway in
            let folder = try TemporaryFolder()
            let told: Told = try await Browser.ask(
                "describe_page.py",
                "\(gateway.url)/worked",
                scheme,
                "\(folder.path)/profile"
            )
            #expect(told.language == "en", "\(scheme)")
            #expect(told.title == "Payment required: 10 sat")
            #expect(told.unnamed.isEmpty)
            for node in [
                ["heading", "Payment required"], ["image", "QR code of the invoice"],
                ["link", "Pay with a wallet app"], ["button", "Copy the invoice"],
                ["heading", "Or let this browser work for it"], ["button", "Start working"],
            ] {
                #expect(told.nodes.contains(node), "\(node)")
            }
            #expect(told.nodes.contains { $0[0] == "textbox" && $0[1].hasPrefix("Lightning invoice") })
            #expect(told.order == ["Pay with a wallet app", "copy", "invoice", "work-start"])
            // WCAG 2.2, 1.4.3.
            #expect(told.contrasts.count >= 3)
            #expect(told.contrasts.allSatisfy { $0 >= 4.5 }, "\(told.contrasts)")
            // WCAG 2.2, 1.4.10: at the width of 320 pixels nothing is cut off.
            #expect(!told.overflow)
        }
    }
}
