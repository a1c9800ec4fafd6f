internal import GatewayKit
internal import NIOCore

/// What is known of a wallet, its relays, and what it was asked. A value: whoever keeps it guards it, and tells those that
/// wait when nothing guards it any more.
struct NWCState {
    enum Relay: Equatable {
        /// For the first time.
        case connecting
        case open
        /// It has said all that it has stored.
        case ready
        case lost(String)
    }

    struct Request {
        let event: NostrEvent
        let method: NWCMethod
        let cipher: NostrCipher
        let answer: EventLoopPromise<NWCAnswer>
        /// Those that have it and may still bring an answer.
        var relays: Set<Int> = []
        /// Those that have said that they have it.
        var takers: Set<Int> = []
    }

    enum Readiness {
        case ready
        /// A relay is being connected to, and none has been lost that could say why not.
        case soon
        case down(String)
    }

    private(set) var relays: [Relay]
    /// `nil`: no relay has one.
    private(set) var profile: NWCProfile?
    private var requests: [Bytes32: Request] = [:]
    private var recent = RecentIDs(most: 4_096)
    private var waiting: [Int: EventLoopPromise<Void>] = [:]
    private var lastNumber = 0
    /// Of each relay, which of its connections it is.
    private var connections: [Int: Int] = [:]
    /// What each relay was answered last, where it wanted to know who asks.
    private var introductions: [Int: Bytes32] = [:]

    init(relays: Int) {
        self.relays = Array(repeating: .connecting, count: relays)
    }

    // MARK: Relays

    var readiness: Readiness {
        if relays.contains(.ready) { return .ready }
        if relays.contains(.open) || relays.contains(.connecting) { return .soon }
        let reasons = relays.compactMap { if case .lost(let reason) = $0 { reason } else { nil } }
        return .down(reasons.first ?? "there is none")
    }

    /// Told when a relay is ready, unless it leaves before, by this number.
    mutating func wait(_ promise: EventLoopPromise<Void>) -> Int {
        lastNumber += 1
        waiting[lastNumber] = promise
        return lastNumber
    }

    mutating func leave(_ number: Int) {
        waiting[number] = nil
    }

    /// - Returns: the number of the connection.
    mutating func connected(_ relay: Int) -> Int {
        relays[relay] = .open
        introductions[relay] = nil
        lastNumber += 1
        connections[relay] = lastNumber
        return lastNumber
    }

    /// True while a connection has not become ready.
    func isUnready(_ relay: Int, _ connection: Int) -> Bool {
        relays[relay] == .open && connections[relay] == connection
    }

    /// - Returns: those that have waited for it; `nil`: it was ready before, or is gone.
    mutating func ready(_ relay: Int) -> [EventLoopPromise<Void>]? {
        guard relays[relay] == .open else { return nil }
        relays[relay] = .ready
        defer { waiting = [:] }
        return Array(waiting.values)
    }

    /// - Returns: those that wait for a relay where all are lost, and those whose answer no relay can bring any more.
    mutating func lost(_ relay: Int, _ reason: String) -> (waiting: [EventLoopPromise<Void>], requests: [Request]) {
        relays[relay] = .lost(reason)
        introductions[relay] = nil
        var told = [EventLoopPromise<Void>]()
        if case .down = readiness {
            told = Array(waiting.values)
            waiting = [:]
        }
        var ended = [Request]()
        for event in Array(requests.keys) {
            if let request = withdraw(relay, from: event) { ended.append(request) }
        }
        return (told, ended)
    }

    mutating func introduced(to relay: Int, by event: Bytes32) {
        introductions[relay] = event
    }

    func isIntroduction(_ event: Bytes32, to relay: Int) -> Bool { introductions[relay] == event }

    /// True where it has asked, and was told, who this is.
    func wantsIntroduction(_ relay: Int) -> Bool { introductions[relay] != nil }

    // MARK: The wallet

    /// - Returns: false when what is known is newer.
    mutating func learn(_ profile: NWCProfile) -> Bool {
        if let known = self.profile, known.writtenAt > profile.writtenAt { return false }
        self.profile = profile
        return true
    }

    func isRecent(_ event: Bytes32) -> Bool { recent.contains(event) }

    /// Of an event that was verified: what anybody could send must not make others seem known.
    ///
    /// - Returns: false when it came before.
    mutating func see(_ event: Bytes32) -> Bool { recent.insert(event) }

    // MARK: Requests

    /// - Returns: the relays by which it is to be sent: all that are ready.
    mutating func add(_ request: Request) -> [Int] {
        let ready = relays.indices.filter { relays[$0] == .ready }
        var request = request
        request.relays = Set(ready)
        requests[request.event.id] = request
        return ready
    }

    /// The relay has said that it has it, so that it is not sent there again: not each wallet sees that it is told twice.
    mutating func taken(_ event: Bytes32, by relay: Int) {
        requests[event]?.takers.insert(relay)
    }

    /// Open requests, for a relay that did not take them before.
    func events(for relay: Int) -> [NostrEvent] {
        requests.values.filter { !$0.takers.contains(relay) }.map(\.event)
    }

    mutating func sent(_ event: Bytes32, to relay: Int) {
        requests[event]?.relays.insert(relay)
    }

    /// The request, which is then no longer here: the first answer counts, and late ones find nothing.
    mutating func take(_ event: Bytes32) -> Request? {
        requests.removeValue(forKey: event)
    }

    /// A relay will bring no answer.
    ///
    /// - Returns: the request where that was the last one.
    mutating func withdraw(_ relay: Int, from event: Bytes32) -> Request? {
        guard requests[event]?.relays.remove(relay) != nil, requests[event]?.relays.isEmpty == true else { return nil }
        return take(event)
    }

    /// All that is open, for good.
    mutating func close(_ reason: String) -> (waiting: [EventLoopPromise<Void>], requests: [Request]) {
        relays = relays.map { _ in .lost(reason) }
        defer {
            requests = [:]
            waiting = [:]
        }
        return (Array(waiting.values), Array(requests.values))
    }
}
