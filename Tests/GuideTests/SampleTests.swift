import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

/// What the samples of "Writing a plugin" do.
struct SampleTests {
    // MARK: Stages

    @Test func `the stage is open between its hours`() throws {
        let time = ManualTime()
        let settings = ExampleSettings(["from": "8", "to": "18"])
        let stage = try #require(settings.make { try HoursStage(from: &$0, .example(time: time.source)) })
        #expect(settings.messages == [])
        #expect(try stage.decision(about: .example())?.reply?.status.code == 403)
        time.advance(by: .seconds(8 * 3_600))
        #expect(try stage.decision(about: .example())?.isNext == true)
    }

    @Test func `hours that end before they begin are a mistake`() {
        let settings = ExampleSettings(["from": "18", "to": "8"])
        #expect(settings.make { try HoursStage(from: &$0, .example()) } == nil)
        #expect(settings.messages == ["'to' should be later than 'from'"])
    }

    @Test(arguments: StageConformance.Check.allCases)
    func `the stage keeps a stage's promises`(_ check: StageConformance.Check) async throws {
        try await StageConformance {
            try #require(ExampleSettings(["from": "8", "to": "18"]).make { try HoursStage(from: &$0, .example()) })
        }.run(check)
    }

    @Test func `a path that is not listed is refused`() async throws {
        let reply = try await answered { loop in
            ListedStage(list: .init(paths: ["/a"])).admit(.example(.example(.get, "/b"), eventLoop: loop))
        }.reply
        #expect(reply?.status.code == 403)
    }

    @Test func `the filter tells the length`() {
        let (filter, outlet) = (CountingFilter(), RecordedOutlet())
        _ = filter.passage(of: ByteBuffer(string: "12345"), to: outlet)
        _ = filter.trailers(after: Fields(), to: outlet)
        #expect(outlet.text == "\n5 bytes\n")
    }

    // MARK: The scheme

    private func scheme() throws -> CouponScheme {
        try #require(ExampleSettings(["code": "abc"]).make { CouponScheme(from: &$0, .example()) })
    }

    private func exchange(_ authorization: String?) -> Exchange {
        .example(.example(fields: authorization.map { [("Authorization", $0)] } ?? []))
    }

    /// The word of the scheme that recognises a credential.
    private func recogniser(of authorization: String?) throws -> String? {
        let credential = try scheme().credential(in: exchange(authorization)).immediate
        return credential.flatMap { $0 }?.scheme
    }

    @Test func `a coupon opens, another one is refused, and anything else is somebody else's`() throws {
        #expect(try recogniser(of: "Coupon abc") == "coupon")
        #expect(try recogniser(of: "L402 abc") == nil)
        #expect(try recogniser(of: nil) == nil)
        for wrong in ["Coupon abd", "Coupon ab", "Coupon abcd"] {
            #expect(throws: Rejection.self) { try recogniser(of: wrong) }
        }
    }

    @Test func `coupons never reach the upstream`() {
        let (coupon, other) = (exchange("coupon whatever"), exchange("Bearer abc"))
        CouponScheme.conceal(in: coupon)
        CouponScheme.conceal(in: other)
        let line = coupon.request.fields.firstIndex(of: .authorization)
        #expect(line.map { coupon.edits.isRemoved(line: $0) } == true)
        #expect(line.map { other.edits.isRemoved(line: $0) } == false)
    }

    // MARK: The backend and the store

    @Test func `the backend keeps a backend's promises`() async throws {
        let backend = try #require(ExampleSettings().make { PaperBackend(from: &$0, .example()) })
        try await LightningConformance(of: backend) { try backend.settle($0.paymentHash) }.run()
    }

    /// Neither sessions nor meters nor books are kept: those checks are for stores that do.
    private static let checks = StoreConformance.Check.allCases.filter { check in
        let words = [
            "session", "Session", "deposit", "returnInvoice", "amounts", "actions", "refunds", "debits", "reservations",
            "bundles", "meters", "Booked", "chains", "books",
        ]
        return !words.contains { check.rawValue.contains($0) }
    }

    @Test(arguments: checks)
    func `the store keeps a store's promises`(_ check: StoreConformance.Check) async throws {
        try await StoreConformance(isDurable: false) {
            try #require(ExampleSettings().make { ScratchStore(from: &$0, .example()) })
        }.run(check)
    }
}
