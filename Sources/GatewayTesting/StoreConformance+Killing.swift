internal import Foundation
internal import GatewayKit

extension StoreConformance {
    /// A program that claims payments until it is killed, for `Check.claimsSurviveKilling`.
    ///
    /// It opens the store that the suite's `makeStore` opens, reads payment hashes in hexadecimal from its standard input,
    /// one a line up to the end, and has several tasks claim all of them in this order, all at the same time. Whenever a
    /// claim was answered with true, it writes that hash on a line of its own to its standard output, unbuffered. After
    /// the last it waits to be killed. See `Tests/StoreCrashChild` for one.
    ///
    /// With one more argument, `spend`, the hashes are those of open sessions, from each of which every task takes a
    /// millisatoshi again and again, and writes the hash whenever it has got one.
    public struct ClaimingChild: Sendable {
        fileprivate let executable: String
        fileprivate let arguments: [String]

        public init(executable: String, arguments: [String]) {
            self.executable = executable
            self.arguments = arguments
        }
    }

    /// Kills children in the middle of their claims, each after the one before, and looks whether a payment that one
    /// was told to have can be had again: by a later child, or by a store in this process.
    func killing() async throws {
        guard let child else { return }
        var payments = [PaymentHash]()
        var granted = [PaymentHash]()
        for _ in 0..<8 {
            // Those of the children before come first, and enough new ones for this child never to run out.
            payments += (0..<80).map { _ in Self.payment }
            let (offered, count) = (payments, Int.random(in: 1...60))
            granted += try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try child.granted(of: offered, before: count, []) })
                }
            }
        }
        try expect(Set(granted).count, granted.count, "payments that were given out, once each")
        try expect(Set(granted).isSubset(of: payments), true, "whether the child claims what it was told to")
        try await withStore { store in
            for payment in granted {
                try expect(try await store.claim(payment), false, "a claim that a killed process was granted")
            }
            try expect(try await store.claim(Self.payment), true, "a payment that no child came to")
        }
    }
}

extension StoreConformance {
    /// Tasks of a child; each may have taken something that it came not to tell of.
    private static var childTasks: Int { 4 }

    /// Kills a child in the middle of its debits, again and again: what it was told to have is spent, and hardly more.
    func killingWhileSpending() async throws {
        guard let child else { return }
        let sessions = (0..<3).map { _ in Self.payment }
        try await withStore { store in
            for id in sessions {
                let change = try await store.sessions.open(Self.session(id, deposit: 1_000_000), by: Self.action())
                guard case .done = change else { throw ConformanceFailure("opening: \(change)") }
            }
        }
        var told = [PaymentHash: Int]()
        for round in 1...4 {
            let count = Int.random(in: 1...60)
            let taken = try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try child.granted(of: sessions, before: count, ["spend"]) })
                }
            }
            for id in taken { told[id, default: 0] += 1 }
            try await withStore { store in
                var untold = 0
                for id in sessions {
                    guard let session = try await store.sessions.session(id) else {
                        throw ConformanceFailure("a session is gone after its process was killed")
                    }
                    let spent = Int(clamping: session.spent.millisatoshis)
                    try expect(spent >= told[id, default: 0], true, "whether what a killed process was told is spent")
                    untold += spent - told[id, default: 0]
                }
                let most = round * Self.childTasks
                try expect(untold <= most, true, "whether at most \(most) of what is spent was not told (\(untold))")
            }
        }
    }
}

extension StoreConformance.ClaimingChild {
    /// Starts the child, kills it after it has written `count` lines, and returns all that it wrote. Blocks.
    fileprivate func granted(
        of payments: [PaymentHash],
        before count: Int,
        _ furtherArguments: [String]
    ) throws -> [PaymentHash] {
        // A file and no pipe: writing to a pipe whose reader ended early would end this process too.
        let input = FileManager.default.temporaryDirectory.appendingPathComponent("payments-\(UUID().uuidString)")
        try Data(payments.map { "\($0)\n" }.joined().utf8).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments + furtherArguments
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        try process.run()
        var text = Data()
        var endedEarly = false
        while !endedEarly, text.count(where: { $0 == UInt8(ascii: "\n") }) < count {
            let part = output.fileHandleForReading.availableData
            endedEarly = part.isEmpty
            text += part
        }
        kill(process.processIdentifier, SIGKILL)
        text += output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // A child on its way out is still killed by the signal, so how it ended does not tell.
        if endedEarly { throw ConformanceFailure("the child ended its output before it had made \(count) claims") }
        guard process.terminationReason == .uncaughtSignal else {
            throw ConformanceFailure("the child ended by itself, with status \(process.terminationStatus)")
        }
        // The last line may be cut off; it counts only with its end.
        return try text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { line in
            guard let hash = Bytes32(hex: String(decoding: line, as: UTF8.self)) else {
                throw ConformanceFailure("the child wrote a line that is no payment hash")
            }
            return PaymentHash(hash)
        }
    }
}
