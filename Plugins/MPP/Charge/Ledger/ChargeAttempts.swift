internal import GatewayKit
internal import NIOConcurrencyHelpers

/// The attempts of one process to serve what a payment bought: which of them go on, and which ended and gave nothing.
///
/// May be used from any thread.
package final class ChargeAttempts: Sendable {
    /// What a process knows of an attempt.
    package enum Knowledge: Sendable, Hashable {
        /// It goes on, here.
        case goesOn
        /// It ended, here, and its client got nothing.
        case gaveNothing
        /// It ended, here.
        case ended
        /// Of another process, which may have died.
        case elsewhere
    }

    /// Attempts whose mark in the ledger is not known, at the most: further ones count as ended.
    private static let capacity = 16_384

    private struct State {
        var last: UInt64 = 0
        var going = Set<UInt64>()
        /// Those that gave nothing although the ledger may say that they did.
        var unmarked = Set<UInt64>()
        /// Those whose claims are kept for as long as they go on, and until when the ledger says so.
        var kept: [UInt64: (charge: TakenCharge, until: WallTime)] = [:]
    }

    private let process = UInt64.random(in: 1 ... .max)
    private let state = NIOLockedValueBox(State())

    package init() {}

    package func begin() -> ChargeAttempt {
        state.withLockedValue { state in
            state.last += 1
            state.going.insert(state.last)
            return ChargeAttempt(process: process, number: state.last)
        }
    }

    /// - Parameter gaveNothing: true when its client got nothing of an answer and will not.
    package func end(_ attempt: ChargeAttempt, gaveNothing: Bool) {
        guard attempt.process == process else { return }
        state.withLockedValue { state in
            state.going.remove(attempt.number)
            state.kept[attempt.number] = nil
            if gaveNothing, state.unmarked.count < Self.capacity { state.unmarked.insert(attempt.number) }
        }
    }

    /// Has the claim of an attempt that goes on be kept until that ends, or notes until when it is now.
    func keep(_ charge: TakenCharge, until end: WallTime) {
        guard charge.attempt.process == process else { return }
        state.withLockedValue { state in
            guard state.going.contains(charge.attempt.number) else { return }
            state.kept[charge.attempt.number] = (charge, end)
        }
    }

    /// Those kept ones whose claims end before `time`.
    func kept(endingBefore time: WallTime) -> [TakenCharge] {
        state.withLockedValue { state in state.kept.values.filter { $0.until < time }.map { $0.charge } }
    }

    /// Until when the ledger says that a claim is an attempt's that keeps it; `nil` for any other.
    func end(ofKept attempt: ChargeAttempt) -> WallTime? {
        guard attempt.process == process else { return nil }
        return state.withLockedValue { $0.kept[attempt.number]?.until }
    }

    /// The ledger holds nothing of the attempt any more.
    package func forget(_ attempt: ChargeAttempt) {
        guard attempt.process == process else { return }
        state.withLockedValue { _ = $0.unmarked.remove(attempt.number) }
    }

    package func knowledge(of attempt: ChargeAttempt) -> Knowledge {
        guard attempt.process == process else { return .elsewhere }
        return state.withLockedValue { state in
            if state.going.contains(attempt.number) { return .goesOn }
            return state.unmarked.contains(attempt.number) ? .gaveNothing : .ended
        }
    }
}

/// One attempt to serve what a payment bought, unlike any other of any process.
package struct ChargeAttempt: Hashable, Sendable, CustomStringConvertible {
    package let process: UInt64
    package let number: UInt64

    package init(process: UInt64, number: UInt64) {
        self.process = process
        self.number = number
    }

    init?(_ text: Substring) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let process = UInt64(parts[0], radix: 16), let number = UInt64(parts[1]) else {
            return nil
        }
        self.init(process: process, number: number)
    }

    package var description: String { "\(String(process, radix: 16))-\(number)" }
}
