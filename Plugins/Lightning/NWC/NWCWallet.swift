internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// A wallet that is asked over its relays (NIP-47). What it tells by itself goes to `settlements`.
final class NWCWallet: Sendable {
    struct Settings: Sendable {
        var limits = WebSocketLimits()
        var pauses = Pauses()
    }

    /// Of events (NIP-47, "Events"; NIP-42).
    enum Kind {
        static let profile = 13_194
        static let request = 23_194
        static let answer = 23_195
        static let oldNotification = 23_196
        static let notification = 23_197
        static let introduction = 22_242
    }

    let connection: NWCConnection
    let conversation: NostrConversation
    let relays: [NostrRelay]
    let time: TimeSource
    let eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()
    let state: NIOLockedValueBox<NWCState>
    private let settlements: NWCSettlements
    private let logger: Logger
    /// For a relay to say what it has stored.
    private let readyTime: TimeAmount

    private static let profileSubscription = "profile"
    private static let wordsSubscription = "words"
    /// Relays may have kept what was told while none was connected. What is told twice is known.
    private static let hindsight = Duration.seconds(300)
    /// Of those: fewer than may wait to be read, or a relay with more would be left each time that it is connected.
    private static let mostStored = WebSocketLimits().mostWaiting / 2
    private static let longestChallenge = 1_024

    /// `nil` when libsecp256k1 cannot be used.
    init?(
        _ connection: NWCConnection,
        _ settings: Settings,
        telling settlements: NWCSettlements,
        _ services: Services
    ) {
        guard let conversation = NostrConversation(of: connection.key, with: connection.wallet) else { return nil }
        self.connection = connection
        self.conversation = conversation
        self.settlements = settlements
        relays = connection.relays.map {
            NostrRelay($0, limits: settings.limits, pauses: settings.pauses)
        }
        time = services.time
        logger = services.logger
        readyTime = TimeAmount(settings.limits.connecting)
        state = NIOLockedValueBox(NWCState(relays: connection.relays.count))
    }

    /// `nil`: the wallet has said nothing of itself, or no relay has kept it.
    var profile: NWCProfile? { state.withLockedValue { $0.profile } }

    /// Follows the relays until its task is cancelled; then whoever waits is told.
    func follow() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, relay) in relays.enumerated() {
                group.addTask { await relay.follow { self.hear($0, from: index) } }
            }
        }
        end(state.withLockedValue { $0.close("it is not followed any more") }, "it is not followed any more")
    }

    // MARK: Relays

    /// - Returns: true where the relay serves.
    private func hear(_ news: RelayNews, from index: Int) -> Bool {
        switch news {
        case .connected:
            let connection = state.withLockedValue { $0.connected(index) }
            subscribe(to: index)
            // Whoever wants to ask something waits for it, and there may be another relay.
            eventLoop.scheduleTask(in: readyTime) {
                if self.state.withLockedValue({ $0.isUnready(index, connection) }) { self.relays[index].drop() }
            }
            return false
        case .lost(let reason):
            logger.warning(
                "a relay of the wallet is lost",
                metadata: ["relay": "\(relays[index].address)", "reason": "\(LndRESTWallet.printable(reason))"]
            )
            end(state.withLockedValue { $0.lost(index, reason) }, reason)
            return false
        case .message(let message): return hear(message, from: index)
        }
    }

    private func hear(_ message: RelayMessage, from index: Int) -> Bool {
        switch message {
        case .event(_, let json): receive(json)
        case .accepted(let event, let isAccepted, let reason): noteReceipt(of: event, isAccepted, reason, from: index)
        case .endOfStored(subscription: Self.profileSubscription): return becomeReady(index)
        case .closed(_, let reason):
            // Where it wants to know who asks, it is told, once it has said so, and then asked again.
            let isNew = state.withLockedValue { $0.relays[index] == .open }
            if !isNew || !reason.hasPrefix("auth-required") {
                logger.warning("a relay ends a subscription: \(LndRESTWallet.printable(reason))")
                relays[index].drop()
            }
        case .challenge(let challenge): introduce(to: index, challenge)
        case .notice(let text): logger.debug("a relay says: \(LndRESTWallet.printable(text))")
        case .endOfStored, .unknown: break
        }
        return false
    }

    private func becomeReady(_ index: Int) -> Bool {
        guard let waiting = state.withLockedValue({ $0.ready(index) }) else { return false }
        logger.info("a relay of the wallet is connected", metadata: ["relay": "\(relays[index].address)"])
        for promise in waiting {
            promise.succeed()
        }
        settlements.lookBack()
        return true
    }

    private func subscribe(to index: Int) {
        let profile = RelayFilter(author: connection.wallet, kinds: [Kind.profile], limit: 1)
        let words = RelayFilter(
            author: connection.wallet,
            kinds: [Kind.answer, Kind.oldNotification, Kind.notification],
            addressee: connection.key.publicKey,
            since: time.now().advanced(by: Duration.zero - Self.hindsight),
            limit: Self.mostStored
        )
        // The end of the second's stored events says that both are heard.
        _ = relays[index].send(.subscribe(Self.wordsSubscription, words))
        _ = relays[index].send(.subscribe(Self.profileSubscription, profile))
    }

    /// NIP-42.
    private func introduce(to index: Int, _ challenge: String) {
        let tags = [["relay", relays[index].address.description], ["challenge", challenge]]
        guard challenge.utf8.count <= Self.longestChallenge,
            let event = NostrEvent(
                signing: "",
                kind: Kind.introduction,
                tags: tags,
                at: time.now(),
                with: connection.key
            )
        else { return }
        state.withLockedValue { $0.introduced(to: index, by: event.id) }
        _ = relays[index].send(.authenticate(event))
    }

    private func noteReceipt(of event: Bytes32, _ isAccepted: Bool, _ reason: String, from index: Int) {
        if state.withLockedValue({ $0.isIntroduction(event, to: index) }) {
            guard isAccepted else { return relays[index].drop() }
            subscribe(to: index)
            for event in state.withLockedValue({ $0.events(for: index) }) {
                send(event, to: index)
            }
            return
        }
        // It had it before: that is no refusal (NIP-01, "From relay to client").
        guard !isAccepted, !reason.hasPrefix("duplicate:") else {
            return state.withLockedValue { $0.taken(event, by: index) }
        }
        let isTold = state.withLockedValue { $0.wantsIntroduction(index) }
        guard !isTold || !reason.hasPrefix("auth-required") else { return }
        withdraw(index, from: event, because: reason)
    }

    // MARK: What the wallet says

    private func receive(_ json: JSONValue) {
        guard let id = json["id"]?.text.flatMap({ Bytes32(hex: $0) }), !state.withLockedValue({ $0.isRecent(id) })
        else { return }
        do {
            let event = try NostrEvent(json, by: connection.wallet)
            guard state.withLockedValue({ $0.see(event.id) }) else { return }
            try receive(event)
        } catch {
            logger.debug("something that a relay sent is not used: \(error)")
        }
    }

    private func receive(_ event: NostrEvent) throws(NostrFailure) {
        switch event.kind {
        case Kind.profile:
            let profile = NWCProfile(event)
            if state.withLockedValue({ $0.learn(profile) }) { settlements.learn(profile) }
        case Kind.answer: receiveAnswer(event)
        case Kind.notification: try receiveNotification(event, .nip44)
        case Kind.oldNotification:
            // A wallet that knows better tells it in the better way, too.
            if profile?.cipher == .nip04 { try receiveNotification(event, .nip04) }
        default: break
        }
    }

    private func isForUs(_ event: NostrEvent) -> Bool {
        event.tag("p").map { Bytes32(hex: $0) == connection.key.publicKey.bytes } ?? true
    }

    private func receiveAnswer(_ event: NostrEvent) {
        guard isForUs(event), let id = event.tag("e").flatMap({ Bytes32(hex: $0) }),
            let request = state.withLockedValue({ $0.take(id) })
        else { return }
        do {
            let text = try conversation.decrypted(event.content, by: request.cipher)
            request.answer.succeed(try NWCAnswer(parsing: text, to: request.method))
        } catch {
            request.answer.fail(LightningFailure(.malformed, "\(error)"))
        }
    }

    private func receiveNotification(_ event: NostrEvent, _ cipher: NostrCipher) throws(NostrFailure) {
        guard isForUs(event) else { return }
        let text = try conversation.decrypted(event.content, by: cipher)
        guard case .received(let transaction) = try NWCNotification(parsing: text), !transaction.isUnsettled else {
            return
        }
        settlements.add(transaction)
    }
}
