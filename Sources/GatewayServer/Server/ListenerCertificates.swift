internal import GatewayKit
internal import Logging

/// Who a server's listeners are to their clients, by what their settings say.
struct ListenerCertificates: Sendable {
    private let dataFolder: String
    private let time: TimeSource
    private let logger: Logger
    private var stores: [ServerTLS: ServerIdentityStore] = [:]

    init(dataFolder: String, time: TimeSource, logger: Logger) {
        self.dataFolder = dataFolder
        self.time = time
        self.logger = logger
    }

    /// Reads the certificates of these listeners that were not read before, and forgets those of others. Not for an event
    /// loop.
    ///
    /// - Throws: `StartFailure` that names the file.
    mutating func read(for listeners: [ListenerSettings]) throws {
        var read: [ServerTLS: ServerIdentityStore] = [:]
        for tls in listeners.compactMap({ Self.shared($0, among: listeners) }) where read[tls] == nil {
            if let known = stores[tls] {
                read[tls] = known
                continue
            }
            let store = try ServerIdentityStore(tls, dataFolder: dataFolder, time: time)
            for warning in store.warnings() {
                logger.warning("\(warning)")
            }
            read[tls] = store
        }
        stores = read
    }

    /// `nil`: cleartext.
    func identities(of listener: ListenerSettings, among listeners: [ListenerSettings]) -> ServerIdentityStore? {
        Self.shared(listener, among: listeners).flatMap { stores[$0] }
    }

    /// Reads what has changed, and renews what is about to expire. Not for an event loop.
    func check() {
        for store in stores.values {
            do {
                guard let warnings = try store.checkForChanges() else { continue }
                logger.notice("certificates were reloaded")
                for warning in warnings {
                    logger.warning("\(warning)")
                }
            } catch {
                logger.error("certificates stay as they were", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Listeners with the same settings share their certificates; those that are self-signed share one with all names.
    private static func shared(_ listener: ListenerSettings, among listeners: [ListenerSettings]) -> ServerTLS? {
        guard case .selfSigned? = listener.tls?.identities else { return listener.tls }
        let names = listeners.flatMap { listener -> [String] in
            guard case .selfSigned(let names)? = listener.tls?.identities else { return [] }
            return names
        }
        return ServerTLS(.selfSigned(names: Set(names).sorted()))
    }
}
