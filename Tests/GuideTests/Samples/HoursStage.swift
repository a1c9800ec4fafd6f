import GatewayKit
import HTTPTypes

/// `hours`: refuses outside of some hours of the day.
struct HoursStage: StagePlugin {
    static let word = "hours"

    private let from: Int
    private let to: Int
    private let time: TimeSource

    init(from settings: inout PolicyReader, _ services: Services) throws {
        from = settings.integer("from", in: 0...23)
        to = settings.integer("to", in: 1...24)
        time = services.time
        guard from < to else { throw settings.error(at: "to", "should be later than 'from'") }
    }

    var summary: String { "\(from):00 to \(to):00 UTC" }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        let hour = Int(time.now().seconds / 3_600 % 24)
        guard (from..<to).contains(hour) else {
            return .now(.reply(Reply(.forbidden, detail: "open from \(summary)")))
        }
        return .now(.next)
    }
}
