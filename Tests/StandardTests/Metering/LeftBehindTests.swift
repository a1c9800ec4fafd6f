import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import Standard
import Stores
import Testing

/// What a process leaves behind that dies, on a real database.
struct LeftBehindTests {
    private static let payment = PaymentHash(.zero)
    private static let bundle = MeterBundle(capacity: Amount(millisatoshis: 10_000))

    private func withDatabase(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "sluice-meters-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder + "/sluice.db")
    }

    private func store(_ path: String) async throws -> SQLiteStore {
        let store = SQLiteStore(path: path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await store.start()
        return store
    }

    private func reservation(_ time: ManualTime, form: MeterAccount.Form = .token) -> MeterReservation {
        MeterReservation(
            meter: "scripted",
            account: MeterAccount(
                form: form,
                id: .zero,
                payment: Self.payment,
                taken: Amount(millisatoshis: 2_000)
            ),
            reserved: 4_000,
            service: "r",
            path: "/",
            madeAt: time.now
        )
    }

    @Test func `an unreported reservation is reported after a restart, once, as one of which nothing came`()
        async throws
    {
        try await withDatabase { path in
            let time = ManualTime()
            let first = try await store(path)
            let dead = MeterDesk(Services.example(time: time.source, store: first))
            let reservation = reservation(time)
            let reserved = try await dead.reserve(reservation, from: Self.bundle)
            #expect(reserved == .reserved)
            // It dies: nothing of it is told to anybody.
            await first.stop()

            let second = try await store(path)
            let meter = ScriptedMeter(cost: { _ in .amount(.zero) })
            let desk = MeterDesk(Services.example(time: time.source, store: second), retryPauses: [])
            desk.add(meter)
            await desk.sweep()
            await desk.quiesce()
            #expect(meter.reports.isEmpty, "its process may still live")
            time.advance(by: MeterDesk.lease)
            for _ in 0..<3 {
                await desk.sweep()
                await desk.quiesce()
                time.advance(by: MeterDesk.lease)
            }
            #expect(meter.reports == [MeteredUsage(reservation)])
            let balance = try await second.meters.balance(of: Self.payment)
            #expect(balance == MeterBalance(capacity: Self.bundle.capacity))
            await second.stop()
        }
    }

    @Test func `what could not be reported is reported after a restart, with all that was seen`() async throws {
        try await withDatabase { path in
            let time = ManualTime()
            let first = try await store(path)
            let down = ScriptedMeter(cost: { _ in throw StoreFailure("the price server is down") })
            let dead = MeterDesk(Services.example(time: time.source, store: first), retryPauses: [])
            let reservation = reservation(time)
            _ = try await dead.reserve(reservation, from: nil)
            var response = MeteredUsage.Response()
            response.status = 200
            response.contentType = "text/event-stream"
            response.isComplete = true
            response.byteCount = 12
            response.tail = Array("data: [DONE]".utf8)
            let usage = MeteredUsage(reservation, response)
            dead.settle(usage, by: down)
            await dead.stop()
            await first.stop()

            let second = try await store(path)
            let meter = ScriptedMeter()
            let desk = MeterDesk(Services.example(time: time.source, store: second), retryPauses: [])
            desk.add(meter)
            time.advance(by: MeterDesk.lease)
            await desk.sweep()
            await desk.quiesce()
            #expect(meter.reports == [usage])
            await second.stop()
        }
    }

    @Test func `what a desk looks after nobody else reports, however long it takes`() async throws {
        let time = ManualTime()
        let store = MemoryStore()
        let desk = MeterDesk(Services.example(time: time.source, store: store))
        let meter = ScriptedMeter()
        let other = MeterDesk(Services.example(time: time.source, store: store))
        other.add(meter)
        _ = try await desk.reserve(reservation(time), from: nil)
        for _ in 0..<10 {
            time.advance(by: .seconds(50))
            await desk.sweep()
            await other.sweep()
            await other.quiesce()
        }
        #expect(meter.reports.isEmpty)
    }

    @Test func `what waits for a meter that no route has is not lost`() async throws {
        let time = ManualTime()
        let store = MemoryStore()
        let dead = MeterDesk(Services.example(time: time.source, store: store))
        _ = try await dead.reserve(reservation(time), from: nil)
        let desk = MeterDesk(Services.example(time: time.source, store: store))
        time.advance(by: MeterDesk.lease)
        await desk.sweep()
        let meter = ScriptedMeter()
        desk.add(meter)
        time.advance(by: MeterDesk.lease)
        await desk.sweep()
        await desk.quiesce()
        #expect(meter.reports.count == 1)
    }

    @Test(arguments: [(true, 4_000), (false, 0)] as [(Bool, UInt64)])
    func `what no route has a meter for is settled by rule after twelve hours, with a row in the books`(
        _ isServed: Bool,
        _ spent: UInt64
    ) async throws {
        let time = ManualTime()
        let store = MemoryStore()
        let dead = MeterDesk(Services.example(time: time.source, store: store))
        let reservation = reservation(time)
        _ = try await dead.reserve(reservation, from: Self.bundle)
        if isServed {
            var response = MeteredUsage.Response()
            response.status = 200
            response.byteCount = 12
            try await store.meters.keep(response, of: reservation.id, until: time.now)
        }
        let desk = MeterDesk(Services.example(time: time.source, store: store))
        time.advance(by: MeterDesk.patience - .seconds(1))
        await desk.sweep()
        await desk.quiesce()
        let waiting = try await store.meters.balance(of: Self.payment)
        #expect(waiting?.reserved == Amount(millisatoshis: 4_000))
        time.advance(by: MeterDesk.lease)
        await desk.sweep()
        await desk.quiesce()
        let settled = try await store.meters.balance(of: Self.payment)
        #expect(settled == MeterBalance(capacity: Self.bundle.capacity, spent: Amount(millisatoshis: spent)))
        let rows = try await store.books.rows(of: LedgerChain.money, after: 0, limit: 10)
        #expect(rows.map { $0.entry?.detail } == ["bundle: no route has its meter"])
        #expect(rows.map { $0.entry?.amount } == [Amount(millisatoshis: spent)])
    }

    // MARK: A store that does not answer

    /// One request whose cost of 3 sat its desk could not book.
    private func owing(
        _ time: ManualTime,
        _ kept: MemoryStore,
        _ isDown: NIOLockedValueBox<Bool>,
        _ meter: ScriptedMeter
    ) async throws -> MeterDesk {
        let store = FlakyStore(base: kept) { isDown.withLockedValue { $0 } }
        let desk = MeterDesk(Services.example(time: time.source, store: store), retryPauses: [])
        let reservation = reservation(time)
        _ = try await desk.reserve(reservation, from: Self.bundle)
        isDown.withLockedValue { $0 = true }
        desk.settle(MeteredUsage(reservation), by: meter)
        await desk.quiesce()
        return desk
    }

    @Test func `what a store did not take is booked when it answers again, and was asked for once`() async throws {
        let (time, kept, isDown) = (ManualTime(), MemoryStore(), NIOLockedValueBox(false))
        let meter = ScriptedMeter(cost: { _ in .amount(Amount(millisatoshis: 3_000)) })
        let desk = try await owing(time, kept, isDown, meter)
        #expect(desk.owedCount == 1)
        isDown.withLockedValue { $0 = false }
        time.advance(by: MeterDesk.lease)
        await desk.sweep()
        await desk.quiesce()
        #expect(desk.owedCount == 0)
        #expect(meter.reports.count == 1)
        let balance = try await kept.meters.balance(of: Self.payment)
        #expect(balance == MeterBalance(capacity: Self.bundle.capacity, spent: Amount(millisatoshis: 3_000)))
    }

    @Test func `what another process has settled meanwhile is not kept here`() async throws {
        let (time, kept, isDown) = (ManualTime(), MemoryStore(), NIOLockedValueBox(false))
        let meter = ScriptedMeter(cost: { _ in .amount(Amount(millisatoshis: 3_000)) })
        let desk = try await owing(time, kept, isDown, meter)
        time.advance(by: MeterDesk.lease)
        let other = MeterDesk(Services.example(time: time.source, store: kept))
        other.add(ScriptedMeter(cost: { _ in .amount(.zero) }))
        await other.sweep()
        await other.quiesce()
        isDown.withLockedValue { $0 = false }
        await desk.sweep()
        await desk.quiesce()
        #expect(desk.owedCount == 0)
        let balance = try await kept.meters.balance(of: Self.payment)
        #expect(balance == MeterBalance(capacity: Self.bundle.capacity))
    }

    // MARK: Sessions

    @Test(
        arguments: [
            // What a request has cost of the 2 sat that were taken for it; what the session has spent in the end.
            (0, 0), (500, 500), (2_000, 2_000), (5_000, 5_000), (90_000, 20_000),
        ] as [(UInt64, UInt64)]
    )
    func `a session is reconciled with what was used, once`(_ cost: UInt64, _ spent: UInt64) async throws {
        let time = ManualTime()
        let store = MemoryStore()
        let taken = Amount(millisatoshis: 2_000)
        let session = Session(
            id: Self.payment,
            service: "r",
            price: taken,
            deposit: Amount(millisatoshis: 20_000),
            spent: taken,
            returnInvoice: "lnbcrt1",
            returnPayment: PaymentHash(.random()),
            refundFee: RefundFee(base: .zero, partsPerMillion: 0),
            secretHash: nil,
            idleTimeout: .seconds(300),
            openedAt: time.now
        )
        let action = SessionAction(challenge: .random(), fingerprint: .random(), end: time.now)
        _ = try await store.sessions.open(session, by: action)
        let desk = MeterDesk(Services.example(time: time.source, store: store), retryPauses: [])
        let reservation = reservation(time, form: .session)
        _ = try await desk.reserve(reservation, from: nil)
        for _ in 0..<2 {
            desk.settle(
                MeteredUsage(reservation),
                by: ScriptedMeter(cost: { _ in .amount(Amount(millisatoshis: cost)) })
            )
            await desk.quiesce()
        }
        let kept = try await store.sessions.session(session.id)
        #expect(kept?.spent == Amount(millisatoshis: spent))
    }
}
