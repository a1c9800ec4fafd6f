internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

extension NWCWallet {
    /// The clocks of a wallet and of this machine differ by less.
    private static let clockDifference = Duration.seconds(60)

    /// - Parameter patience: for the answer; the wallet is told not to begin after it, by a clock that may be another.
    /// - Throws: `NWCError` where the wallet says no, and `LightningFailure` where there is no answer.
    func ask(
        _ method: NWCMethod,
        _ parameters: [JSONValue.Member],
        within patience: Duration
    ) async throws -> JSONValue {
        let started = time.uptime()
        try await waitForRelay(within: patience)
        let cipher: NostrCipher?
        if let profile {
            guard profile.permits(method) else {
                throw LightningFailure(.refused, "the wallet's connection does not permit \(method.rawValue)")
            }
            cipher = profile.cipher
        } else {
            // A wallet that says nothing is taken for one that keeps to what NIP-47 requires.
            cipher = .nip44
        }
        guard let cipher else {
            throw LightningFailure(.refused, "the wallet encrypts in no way that is known here")
        }
        let rest = patience - Duration(time.uptime() - started)
        guard rest > .zero else { throw Self.noAnswer(patience) }
        return try await answer(to: method, parameters, cipher, within: rest)
    }

    private func answer(
        to method: NWCMethod,
        _ parameters: [JSONValue.Member],
        _ cipher: NostrCipher,
        within patience: Duration
    ) async throws -> JSONValue {
        let event = try request(method, parameters, cipher, within: patience)
        let promise = eventLoop.makePromise(of: NWCAnswer.self)
        let timer = eventLoop.scheduleTask(in: TimeAmount(patience)) { self.forget(event.id, Self.noAnswer(patience)) }
        defer { timer.cancel() }
        let ready = state.withLockedValue { state in
            state.add(NWCState.Request(event: event, method: method, cipher: cipher, answer: promise))
        }
        for index in ready {
            guard !relays[index].send(.publish(event)) else { continue }
            withdraw(index, from: event.id, because: "it does not read")
        }
        if ready.isEmpty { forget(event.id, Self.noRelay("none is connected")) }
        let answer = try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            forget(event.id, CancellationError())
        }
        switch answer {
        case .result(let result): return result
        case .error(let error): throw error
        }
    }

    private func request(
        _ method: NWCMethod,
        _ parameters: [JSONValue.Member],
        _ cipher: NostrCipher,
        within patience: Duration
    ) throws -> NostrEvent {
        let now = time.now()
        let slack = method.mayBeLate ? Self.clockDifference : .zero
        let expiration = now.advanced(by: patience + slack).seconds + 1
        let tags = [
            ["p", connection.wallet.description], ["encryption", cipher.rawValue], ["expiration", "\(expiration)"],
        ]
        guard let content = try? conversation.encrypted(NWCText.request(method, parameters), by: cipher),
            let event = NostrEvent(signing: content, kind: Kind.request, tags: tags, at: now, with: connection.key)
        else { throw LightningFailure(.refused, "what the wallet is to be asked cannot be encrypted and signed") }
        return event
    }

    /// Once more, to a relay that did not take it before.
    func send(_ event: NostrEvent, to index: Int) {
        // Noted before it can be answered.
        state.withLockedValue { $0.sent(event.id, to: index) }
        guard !relays[index].send(.publish(event)) else { return }
        withdraw(index, from: event.id, because: "it does not read")
    }

    /// A relay will bring no answer.
    func withdraw(_ index: Int, from event: Bytes32, because reason: String) {
        let request = state.withLockedValue { $0.withdraw(index, from: event) }
        request?.answer.fail(Self.noRelay(reason))
    }

    /// - Throws: `LightningFailure` where there is none in time.
    func waitForRelay(within patience: Duration) async throws {
        let promise = eventLoop.makePromise(of: Void.self)
        let (readiness, number) = state.withLockedValue { state -> (NWCState.Readiness, Int?) in
            let readiness = state.readiness
            guard case .soon = readiness else { return (readiness, nil) }
            return (readiness, state.wait(promise))
        }
        defer {
            if let number { state.withLockedValue { $0.leave(number) } }
        }
        switch readiness {
        case .ready: promise.succeed()
        case .down(let reason): promise.fail(Self.noRelay(reason))
        case .soon: break
        }
        let timer = eventLoop.scheduleTask(in: TimeAmount(patience)) { promise.fail(Self.noRelay("none answers")) }
        defer { timer.cancel() }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private func forget(_ event: Bytes32, _ error: any Error) {
        state.withLockedValue { $0.take(event) }?.answer.fail(error)
    }

    func end(
        _ ended: (waiting: [EventLoopPromise<Void>], requests: [NWCState.Request]),
        _ reason: String
    ) {
        let failure = Self.noRelay(reason)
        for promise in ended.waiting {
            promise.fail(failure)
        }
        for request in ended.requests {
            request.answer.fail(failure)
        }
    }

    private static func noRelay(_ reason: String) -> LightningFailure {
        LightningFailure(.unavailable, "the wallet is not reached by its relays: \(LndRESTWallet.printable(reason))")
    }

    private static func noAnswer(_ patience: Duration) -> LightningFailure {
        LightningFailure(.unavailable, "the wallet did not answer in \(patience.formattedForPolicy)")
    }
}
