import GatewayKit
import Testing
import sluice

struct SettlementPlaceTests {
    private let settlement = Settlement(
        payment: PaymentHash(.random()),
        amount: Amount(millisatoshis: 1_000),
        settledAt: WallTime(seconds: 1_700_000_000),
        cursor: SettlementCursor(position: 17)
    )

    @Test func `what is stored is read again`() {
        for place in [SettlementPlace(settlement), SettlementPlace(settlement.cursor), SettlementPlace(.next)] {
            #expect(SettlementPlace(stored: place.stored) == place)
        }
    }

    @Test func `a number alone is a place, as earlier versions stored it`() {
        #expect(SettlementPlace(stored: Array("17".utf8)) == SettlementPlace(settlement.cursor))
    }

    @Test func `what is neither is none`() {
        let stored = SettlementPlace(settlement).stored
        let whole = String(decoding: stored, as: UTF8.self)
        for text in ["", " ", "x", "-1", "17 ", "17 x", whole + " ", whole + "0", whole.replacing(" ", with: "  ")] {
            #expect(SettlementPlace(stored: Array(text.utf8)) == nil)
        }
        for count in 3..<stored.count { #expect(SettlementPlace(stored: Array(stored.prefix(count))) == nil) }
    }

    @Test func `a node that had told of nothing, or did not say where it stood, is asked again`() {
        #expect(SettlementPlace(settlement).isKnown)
        #expect(!SettlementPlace(SettlementCursor(position: 0)).isKnown)
        #expect(!SettlementPlace(.next).isKnown)
    }
}
