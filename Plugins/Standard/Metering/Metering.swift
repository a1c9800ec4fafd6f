package import GatewayKit
internal import HTTPTypes
internal import Logging

/// `metered: true` at a price: what is paid for is a bundle that requests draw from.
package struct Metering: Sendable {
    static let keys = ["metered", "usage-tail"]
    package static let usualTail = ByteCount.kibibytes(16)

    let meter: any UsageMeter
    private let desk: MeterDesk
    private let tailLimit: ByteCount
    private let time: TimeSource

    package init(
        _ meter: any UsageMeter,
        desk: MeterDesk,
        tailLimit: ByteCount = Self.usualTail,
        time: TimeSource
    ) {
        self.meter = meter
        self.desk = desk
        self.tailLimit = tailLimit
        self.time = time
        desk.add(meter)
    }

    /// `nil` where nothing is metered. Notes a mistake where something is to be that cannot.
    init?(of pricer: (any Pricer)?, from settings: inout PolicyReader, _ services: Services) {
        let isAsked = settings.flag("metered", or: pricer?.isAlwaysMetered ?? false)
        let tail = settings.byteCount("usage-tail", or: Self.usualTail)
        guard let pricer else { return nil }
        if tail < .kibibytes(1) || tail > .mebibytes(1) {
            settings.note(settings.error(at: "usage-tail", "should be from 1 KiB to 1 MiB"))
        }
        guard isAsked else {
            if pricer.isAlwaysMetered {
                settings.note(settings.error(at: "metered", "cannot be false: prices by usage are always metered"))
            }
            if settings.contains("usage-tail") {
                settings.note(settings.error(at: "usage-tail", "is for a price that is 'metered: true'"))
            }
            return nil
        }
        guard let meter = pricer.meter else {
            settings.note(
                settings.error(at: "metered", "is for a pricer that keeps account of what is used: grpc or tokens")
            )
            return nil
        }
        self.init(
            meter,
            desk: services.parts.part { MeterDesk(services) },
            tailLimit: tail,
            time: services.time
        )
    }

    // MARK: Admitting

    private enum Admission: Sendable {
        case reserved(MeterReservation)
        case busy
        case exhausted(price: Amount?, reason: String?)
    }

    /// What becomes of a request whose payment is taken.
    enum Verdict {
        case next
        case reply(Reply)
        /// To be asked to pay for the next bundle.
        case exhausted(price: Amount?, Rejection)
    }

    static var refusalOfWebSockets: Reply {
        Reply(.badRequest, detail: "what a WebSocket uses cannot be metered, and this route is")
    }

    /// Reserves for a request whose payment is taken.
    func admit(_ account: MeterAccount, in exchange: Exchange) throws -> Eventually<Verdict> {
        guard !exchange.request.opensWebSocket else { throw Self.refusalOfWebSockets }
        let (name, route, path) = (meter.name, exchange.route, exchange.request.path)
        let credential = exchange.credential?.id
        let now = time.now()
        return try meter.admit(account, in: exchange).flatMap { verdict -> Eventually<Admission> in
            switch verdict {
            case .exhausted(let price, let reason):
                return .now(.exhausted(price: price, reason: reason))
            case .allowed(let grant):
                let reservation = MeterReservation(
                    meter: name,
                    account: account,
                    reserved: grant.reserved,
                    note: grant.note,
                    service: route.service,
                    path: path,
                    madeAt: now,
                    route: route.name,
                    credential: credential
                )
                let answer = desk.reserve(reservation, from: grant.bundle, by: meter, in: exchange)
                return answer.map { answer -> Admission in
                    switch answer {
                    case .reserved: return .reserved(reservation)
                    case .busy: return .busy
                    case .exhausted: return .exhausted(price: nil, reason: nil)
                    }
                }
            }
        }.map { self.verdict($0, in: exchange) }
    }

    private func verdict(_ admission: Admission, in exchange: Exchange) -> Verdict {
        switch admission {
        case .reserved(let reservation):
            let metered = MeteredExchange(reservation, tailLimit: tailLimit)
            exchange[MeteredExchange.self] = metered
            exchange.isReserved = true
            exchange.addResponseWatch(metered)
            // What is compressed says nothing of what was used.
            exchange.edits.acceptOnlyIdentity(of: exchange.request)
            exchange.looked(at: "bundle", "reserved for this request")
            return .next
        case .busy:
            exchange.looked(at: "bundle", "what is left is reserved for requests that are under way")
            var reply = Reply(
                .tooManyRequests,
                detail: "what is left of the bundle is reserved for requests that are under way; try again after them"
            )
            reply.fields.add(.retryAfter, "1")
            return .reply(reply)
        case .exhausted(let price, let reason):
            exchange.looked(at: "bundle", "spent")
            let problem = Problem.payment(
                "payment-insufficient",
                title: "Payment Insufficient",
                detail: reason.map { "the bundle does not cover the request: \($0)" }
                    ?? "what was paid for is used up; pay for the next bundle"
            )
            return .exhausted(price: price, Rejection(.used, status: Self.paymentRequired, problem))
        }
    }

    private static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")

    // MARK: The response

    func adjust(_ response: ResponseHead, of exchange: Exchange) {
        exchange[MeteredExchange.self]?.note(response, isUpstreams: exchange.repliedStatus == nil)
    }

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let metered = exchange[MeteredExchange.self] else { return }
        exchange[MeteredExchange.self] = nil
        desk.settle(metered.usage(outcome), by: meter)
    }
}
