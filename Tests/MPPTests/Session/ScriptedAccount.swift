import GatewayKit
import MPP
import NIOConcurrencyHelpers

/// An account in memory, which keeps a journal.
final class ScriptedAccount: SessionAccount {
    struct State {
        var deposit: Int64
        var spent: Int64
        var isClosed = false
        var fails = false
        /// How often whoever waits for a change was told that it cannot be seen.
        var unseenChanges = 0
        /// Debits are not answered.
        var isStalled = false
        /// Debits, returns and the rest, in their order.
        var journal: [String] = []
        var streams = 0
        var givesBackAhead: @Sendable () async -> Void = {}
    }

    struct Down: Error {}

    let session = PaymentHash(.zero)
    let price: Amount
    let reservedUnits: Int64
    private let unit: Int64
    private let state: NIOLockedValueBox<State>

    /// - Parameter deposit: in units; the first of them is taken.
    init(deposit: Int64, price: Int64 = 2, reserved: Int64 = 1) {
        self.price = Self.satoshis(price)
        unit = price
        reservedUnits = reserved
        state = NIOLockedValueBox(State(deposit: deposit * price, spent: reserved * price))
    }

    private static func satoshis(_ count: Int64) -> Amount { Amount(millisatoshis: UInt64(count) * 1_000) }

    var now: State { state.withLockedValue { $0 } }
    var journal: [String] { now.journal }
    /// Units that are taken.
    var spentUnits: Int64 { now.spent / unit }

    func topUp(_ units: Int64) { state.withLockedValue { $0.deposit += units * unit } }
    func close() { state.withLockedValue { $0.isClosed = true } }
    func fail(_ fails: Bool = true) { state.withLockedValue { $0.fails = fails } }

    func stall(_ isStalled: Bool = true) { state.withLockedValue { $0.isStalled = isStalled } }

    func debit(units: Int64) async throws -> SessionDebit {
        while now.isStalled { await Task.yield() }
        return try state.withLockedValue { state in
            if state.fails { throw Down() }
            guard !state.isClosed else {
                state.journal.append("closed")
                return .closed
            }
            guard state.deposit - state.spent >= units * unit else {
                state.journal.append("no \(units)")
                return .insufficient(Self.balance(state), required: Self.satoshis(units * unit))
            }
            state.spent += units * unit
            state.journal.append("debit \(units)")
            return .taken(Self.balance(state))
        }
    }

    private static func balance(_ state: State) -> SessionBalance {
        SessionBalance(deposit: Self.satoshis(state.deposit), spent: Self.satoshis(state.spent))
    }

    func giveBack(units: Int64) async {
        state.withLockedValue { state in
            state.spent -= units * unit
            state.journal.append("return \(units)")
        }
    }

    func balanceChange(after balance: SessionBalance) async throws {
        while true {
            let isDone = try state.withLockedValue { state in
                if state.fails {
                    state.unseenChanges += 1
                    throw Down()
                }
                return state.isClosed || Self.balance(state).left > balance.left
            }
            if isDone { return }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func end() async {
        state.withLockedValue { state in
            state.isClosed = true
            state.journal.append("end")
        }
    }

    func beginStream(_ giveBackAhead: @escaping @Sendable () async -> Void) -> Int {
        state.withLockedValue { state in
            state.streams += 1
            state.givesBackAhead = giveBackAhead
            return state.streams
        }
    }

    func endStream(_ number: Int) { state.withLockedValue { $0.streams -= 1 } }

    /// Asks the stream for what it has paid ahead; the journal says `back` when that is done.
    func askBack() {
        let giveBackAhead = now.givesBackAhead
        Task {
            await giveBackAhead()
            state.withLockedValue { $0.journal.append("back") }
        }
    }

    func receipt(spent: Amount, units: Int64) -> String { "{\(spent.millisatoshis / 1_000) sat, \(units) units}" }
    func shortage(spent: Amount, required: Amount) -> String {
        "{\(spent.millisatoshis / 1_000) spent, \(required.millisatoshis / 1_000) required}"
    }
}
