import GatewayKit
import GatewayTesting
import HTTPTypes
import MPP
import Testing

struct WireTests {
    private func merged(_ values: String...) -> [String] {
        var response = ResponseHead(status: .ok, fields: Fields(values.map { (.cacheControl, $0) }))
        CacheControl.makePrivate(&response)
        return response.fields.values(of: .cacheControl)
    }

    @Test func `a paid response is private, and what else its cache may do stays`() {
        #expect(merged() == ["private"])
        #expect(merged("no-store") == ["no-store"])
        #expect(merged("public, max-age=60, s-maxage=600") == ["max-age=60, private"])
        #expect(merged("Max-Age=60", "PUBLIC") == ["Max-Age=60, private"])
        #expect(merged("private=\"a, public\", no-cache=\"b, s-maxage=1\"") == ["no-cache=\"b, s-maxage=1\", private"])
        #expect(merged("no-store, max-age=0") == ["no-store, max-age=0, private"])
    }

    @Test func `what is bought differs by service, route, method, path and query`() {
        func scope(_ service: String = "s", _ route: String = "r", _ method: String = "GET", _ target: String = "/p")
            -> PaymentScope
        {
            PaymentScope(service: service, route: route, method: method, target: target)
        }
        let long = "/" + String(repeating: "a", count: 300)
        let scopes = [
            scope(), scope("s2"), scope("s", "r2"), scope("s", "r", "POST"), scope("s", "r", "GET", "/p2"),
            scope("s", "r", "GET", "/p?a=1"), scope("s", "r", "GET", "/p?a=2"), scope("s", "r", "GET", long),
            scope("s", "r", "GET", long + "b"), scope("s", "r", "GET", "/é"),
        ]
        #expect(Set(scopes).count == scopes.count)
        #expect(scopes.allSatisfy { $0.opaque.utf8.count < 600 && !$0.opaque.contains("|") })
        #expect(
            Base64.url.decoded(scope().opaque).map { String(decoding: $0, as: UTF8.self) }
                == #"{"m":"GET","p":"/p","r":"r","s":"s"}"#
        )
    }

    private func bound(
        _ names: [String],
        _ fields: [(String, String)],
        body: RequestHead.Body = .none
    ) -> PaymentScope {
        let binding = PriceBinding(fields: names.compactMap { FieldName($0) }, isForNoBody: true)
        return PaymentScope(
            of: .example(.example(fields: fields, body: body)),
            binding: binding,
            digestLimit: .kibibytes(64)
        )
    }

    @Test func `what is bought for the values of fields, and for no body, pays for no others`() {
        let scopes = [
            bound([], []), bound(["x-plan"], []), bound(["x-plan"], [("X-Plan", "")]),
            bound(["x-plan"], [("X-Plan", "gold")]), bound(["x-plan"], [("X-Plan", "go"), ("X-Plan", "ld")]),
            bound(["x-plan", "host"], [("X-Plan", "gold")]),
            bound(["x-plan"], [("X-Plan", "gold")], body: .unknownLength),
            bound(["content-length"], []), bound(["content-length"], [], body: .length(7)),
            bound(["content-length"], [], body: .length(8)), bound(["content-length"], [], body: .unknownLength),
        ]
        #expect(Set(scopes).count == scopes.count)
        #expect(bound(["x-plan"], [("X-Plan", "gold"), ("X-Other", "a")]) == scopes[3])
    }

    @Test func `a scope says itself what it is bound to`() {
        let names = ["x-plan", "host", "accept"]
        let binding = PriceBinding(in: bound(names, []).opaque)
        #expect(binding.fields.map(\.text) == names)
        #expect(binding.isForNoBody)
        for nothing in ["", "!", Base64.url.encoded("[]"), PaymentScope(ofBundle: "s").opaque] {
            #expect(PriceBinding(in: nothing) == PriceBinding())
        }
    }

    @Test(arguments: PaymentProblem.allCases) func `every problem has its type, status and title`(
        problem: PaymentProblem
    ) {
        let rejection = problem.rejection("why", challengeID: "id")
        #expect(rejection.problem.type == "https://paymentauth.org/problems/\(problem.rawValue)")
        #expect(rejection.problem.title == problem.title)
        #expect(rejection.problem.members.first == .init("challengeId", "id"))
        let status = rejection.status.code
        switch problem {
        case .methodUnsupported, .badRequest: #expect(status == 400)
        case .internalPaymentError: #expect(status == 503)
        default: #expect(status == 402)
        }
    }
}
