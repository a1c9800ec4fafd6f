import GatewayKit
import Lightning
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// A Nostr relay on a free loopback port (NIP-01, and NIP-42 where it is told to ask who connects): keeps what is replaceable,
/// hands on the rest. It misbehaves on demand.
final class FakeRelay: Sendable {
    struct Behaviour: Sendable {
        /// Nobody may publish or subscribe who has not said who it is.
        var asksWho = false
        /// It asks only once it has refused something.
        var asksLate = false
        /// Receipts say no, with this reason.
        var refuses: String?
        /// It never says that what is stored has come.
        var hidesEnd = false
        /// Texts that are sent before each event.
        var noise: [String] = []
        /// How often each event is sent.
        var copies = 1
        /// Whether filters are looked at.
        var filters = true
        var ignoresPings = false
    }

    private struct Connection {
        let channel: any Channel
        var subscriptions: [(name: String, filter: JSONValue)] = []
        var client: NostrPublicKey?
    }

    private struct State {
        var behaviour = Behaviour()
        var connections: [ObjectIdentifier: Connection] = [:]
        /// By author and kind.
        var kept: [String: NostrEvent] = [:]
        var published: [NostrEvent] = []
        var opened = 0
    }

    private let state = NIOLockedValueBox(State())
    private let listener = NIOLockedValueBox<(any Channel)?>(nil)
    private let clients: [NostrPublicKey]
    private let hear: @Sendable (NostrEvent) -> Void
    private let port = NIOLockedValueBox(0)
    private static let challenge = "who is it?"

    /// - Parameters:
    ///   - clients: whose events are taken.
    ///   - hear: is told of every event that is published, as whoever follows a relay.
    init(clients: [NostrPublicKey], hear: @escaping @Sendable (NostrEvent) -> Void) {
        self.clients = clients
        self.hear = hear
    }

    var address: String { "ws://127.0.0.1:\(port.withLockedValue { $0 })" }

    var behaviour: Behaviour {
        get { state.withLockedValue { $0.behaviour } }
        set { state.withLockedValue { $0.behaviour = newValue } }
    }

    /// Of clients, in their order.
    var published: [NostrEvent] { state.withLockedValue { $0.published } }

    /// Connections so far.
    var opened: Int { state.withLockedValue { $0.opened } }

    /// What those who are connected have subscribed to.
    var filters: [JSONValue] {
        state.withLockedValue { $0.connections.values.flatMap { $0.subscriptions.map(\.filter) } }
    }

    // MARK: Listening

    /// Listens, at the same port as before where it did before.
    ///
    /// - Parameter tls: `nil`: without.
    func start(tls: NIOSSLContext? = nil) async throws {
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 20,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FakeRelayHandler(relay: self))
                }
            }
        )
        let upgrade: NIOHTTPServerUpgradeSendableConfiguration = (upgraders: [upgrader], completionHandler: { _ in })
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let tls else { return }
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                }.flatMap {
                    channel.pipeline.configureHTTPServerPipeline(withServerUpgrade: upgrade)
                }
            }
            .bind(host: "127.0.0.1", port: port.withLockedValue { $0 })
            .get()
        port.withLockedValue { $0 = channel.localAddress?.port ?? 0 }
        listener.withLockedValue { $0 = channel }
    }

    /// Ends every connection, and listens no more.
    func stop() async throws {
        try await listener.withLockedValue { $0 }?.close().get()
        drop()
    }

    /// Ends every connection.
    func drop() {
        for connection in state.withLockedValue({ Array($0.connections.values) }) {
            connection.channel.close(promise: nil)
        }
    }

    // MARK: Connections

    func opened(_ channel: any Channel) {
        state.withLockedValue { state in
            state.connections[ObjectIdentifier(channel)] = Connection(channel: channel)
            state.opened += 1
        }
        if behaviour.asksWho, !behaviour.asksLate { ask(channel) }
    }

    private func ask(_ channel: any Channel) {
        send([.string("AUTH"), .string(Self.challenge)], to: channel)
    }

    func closed(_ channel: any Channel) {
        state.withLockedValue { $0.connections[ObjectIdentifier(channel)] = nil }
    }

    func received(_ text: String, on channel: any Channel) {
        let json = try? Array(text.utf8).withUnsafeBytes { try JSONReader.read($0) }
        guard case .array(let parts) = json, let word = parts.first?.text, parts.count > 1 else { return }
        let isKnown =
            !behaviour.asksWho || state.withLockedValue { $0.connections[ObjectIdentifier(channel)]?.client } != nil
        switch word {
        case "EVENT": publish(parts[1], isKnown, from: channel)
        case "REQ":
            guard parts.count > 2, let name = parts[1].text else { return }
            guard isKnown else {
                send([.string("CLOSED"), .string(name), .string("auth-required: who is it?")], to: channel)
                if behaviour.asksLate { ask(channel) }
                return
            }
            subscribe(name, parts[2], on: channel)
        case "AUTH":
            guard let event = event(parts[1]) else { return }
            let isRight =
                event.kind == 22_242 && event.tag("challenge") == Self.challenge && event.tag("relay") == "\(address)/"
            if isRight { state.withLockedValue { $0.connections[ObjectIdentifier(channel)]?.client = event.author } }
            acknowledge(event, isRight, "", on: channel)
        default: break
        }
    }

    private func event(_ json: JSONValue) -> NostrEvent? {
        for client in clients {
            if let event = try? NostrEvent(json, by: client) { return event }
        }
        return nil
    }

    private func publish(_ json: JSONValue, _ isKnown: Bool, from channel: any Channel) {
        guard let event = event(json) else { return }
        guard isKnown else { return acknowledge(event, false, "auth-required: who is it?", on: channel) }
        if let reason = behaviour.refuses { return acknowledge(event, false, reason, on: channel) }
        state.withLockedValue { $0.published.append(event) }
        acknowledge(event, true, "", on: channel)
        hear(event)
    }

    private func acknowledge(_ event: NostrEvent, _ isAccepted: Bool, _ reason: String, on channel: any Channel) {
        send([.string("OK"), .string(event.id.hex), .bool(isAccepted), .string(reason)], to: channel)
    }

    private func subscribe(_ name: String, _ filter: JSONValue, on channel: any Channel) {
        let kept = state.withLockedValue { state in
            state.connections[ObjectIdentifier(channel)]?.subscriptions.append((name, filter))
            return state.kept.values.filter { Self.matches($0, filter, isStrict: true) }
        }
        for event in kept {
            send([.string("EVENT"), .string(name), event.json], to: channel)
        }
        if !behaviour.hidesEnd { send([.string("EOSE"), .string(name)], to: channel) }
    }

    // MARK: Events

    /// Publishes an event of whoever follows the relay.
    ///
    /// - Parameter isKept: replaceable (NIP-01, "Kinds").
    func tell(_ event: NostrEvent, isKept: Bool = false) {
        tell(event.json, of: event, isKept: isKept)
    }

    /// Sends another text in an event's stead.
    func tell(_ json: JSONValue, of event: NostrEvent, isKept: Bool = false) {
        let (behaviour, receivers) = state.withLockedValue { state in
            if isKept { state.kept["\(event.author) \(event.kind)"] = event }
            let receivers = state.connections.values.flatMap { connection in
                connection.subscriptions.filter { Self.matches(event, $0.filter, isStrict: state.behaviour.filters) }
                    .map { (connection.channel, $0.name) }
            }
            return (state.behaviour, receivers)
        }
        for (channel, name) in receivers {
            for text in behaviour.noise {
                write(text, to: channel)
            }
            for _ in 0..<behaviour.copies {
                send([.string("EVENT"), .string(name), json], to: channel)
            }
        }
    }

    /// Sends a text to everybody who is connected.
    func say(_ text: String) {
        for connection in state.withLockedValue({ Array($0.connections.values) }) {
            write(text, to: connection.channel)
        }
    }

    private static func matches(_ event: NostrEvent, _ filter: JSONValue, isStrict: Bool) -> Bool {
        guard isStrict else { return true }
        guard case .array(let authors) = filter["authors"], case .array(let kinds) = filter["kinds"],
            authors.contains(where: { $0.text == event.author.description }),
            kinds.contains(where: { if case .number(let kind) = $0 { Int(kind) == event.kind } else { false } })
        else { return false }
        if case .number(let since) = filter["since"], Double(event.createdAt.seconds) < since { return false }
        guard case .array(let addressees) = filter["#p"] else { return true }
        return addressees.contains { $0.text == event.tag("p") }
    }

    private func send(_ parts: [JSONValue], to channel: any Channel) {
        write(JSONValue.array(parts).canonical, to: channel)
    }

    private func write(_ text: String, to channel: any Channel) {
        let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
        channel.writeAndFlush(frame, promise: nil)
    }
}
