import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOEmbedded
import Standard
import Stores

/// A `price` stage that meters, with everything around it in memory.
struct MeteredRoute {
    let meter: ScriptedMeter
    let store: any Store
    let time = ManualTime()
    let desk: MeterDesk
    let stage: PriceStage

    init(_ meter: ScriptedMeter = ScriptedMeter(), store: any Store = MemoryStore()) {
        self.meter = meter
        self.store = store
        let services = Services.example(time: time.source, store: store)
        desk = MeterDesk(services, retryPauses: [.zero, .zero])
        stage = Self.stage(meter, desk, store, time)
    }

    static func stage(_ meter: ScriptedMeter, _ desk: MeterDesk, _ store: any Store, _ time: ManualTime) -> PriceStage {
        PriceStage(
            meter,
            invoices: InvoiceMaker(
                lightning: ExampleNode(),
                store: store,
                time: time.source,
                budget: InvoiceBudget()
            ),
            metering: Metering(meter, desk: desk, tailLimit: .kibibytes(1), time: time.source)
        )
    }

    /// How an exchange ends, and what passed before.
    struct Course: Sendable {
        var head: HTTPResponse.Status? = .ok
        var parts = ["hello ", "world"]
        /// What the gateway answers itself.
        var reply: HTTPResponse.Status?
        var end = Outcome.End.answered
        var fields: [(FieldName, String)] = [(.contentType, "text/plain")]
    }

    /// Admits a request, and lets it take its course if it may.
    ///
    /// - Returns: `nil` when it was let through.
    func run(_ course: Course = Course(), _ credential: Credential = .example()) async throws -> Reply? {
        let loop = NIOAsyncTestingEventLoop()
        return try await loop.executeInContext {
            let exchange = Exchange.example(route: Route(name: "r", stages: [stage]), eventLoop: loop)
            exchange.credential = credential
            exchange.recogniser = ExampleScheme()
            exchange.schemes = [ExampleScheme()]
            return try stage.admit(exchange).map { decision -> Reply? in
                guard case .next = decision else { return decision.reply }
                if let head = course.head {
                    var response = ResponseHead(status: head, fields: Fields(course.fields))
                    stage.adjust(&response, of: exchange)
                    for part in course.parts { exchange.responseWatch?.passed(ByteBuffer(string: part)) }
                }
                if let reply = course.reply {
                    exchange.repliedStatus = reply
                    var response = ResponseHead(status: reply, fields: Fields())
                    stage.adjust(&response, of: exchange)
                    exchange.responseWatch?.passed(ByteBuffer(string: "of the gateway"))
                }
                stage.settle(
                    exchange,
                    as: Outcome(end: course.end, status: course.reply ?? course.head, requestBytes: 0, responseBytes: 0)
                )
                return nil
            }.future(on: loop)
        }.get()
    }

    /// What is still reserved, whoever looks after it.
    func left() async throws -> [MeterReservation] {
        let end = time.now.advanced(by: .seconds(86_400 * 365))
        return try await store.meters.takeOver(at: end, until: end, limit: 100_000).map(\.reservation)
    }
}
