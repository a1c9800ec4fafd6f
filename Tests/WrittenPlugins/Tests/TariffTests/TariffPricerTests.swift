import GatewayKit
import GatewayTesting
import Tariff
import Testing

struct TariffPricerTests {
    private func price(_ body: RequestHead.Body) throws -> Amount? {
        let settings = ExampleSettings(["amount": "10 sat", "large": "25 sat", "limit": "1 KiB"])
        let pricer = try #require(settings.make { TariffPricer(from: &$0, .example()) })
        #expect(settings.messages == [])
        return pricer.price(of: .example(.example(body: body))).immediate
    }

    @Test func `a large body costs more, and so does one that may be large`() throws {
        #expect(try price(.none) == .satoshis(10))
        #expect(try price(.length(1_024)) == .satoshis(10))
        #expect(try price(.length(1_025)) == .satoshis(25))
        #expect(try price(.unknownLength) == .satoshis(25))
    }
}
