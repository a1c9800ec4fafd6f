internal import GatewayKit
internal import Logging
internal import NIOCore

/// One response on its way through a filter: asks it, and does what the course decides.
final class FilteredResponse: ResponseOutlet {
    private let filter: any ResponseFilter
    private let logger: Logger
    /// `nil` once the exchange is over; the runner serves the next one then.
    private var runner: ExchangeRunner?
    private var course: FilterCourse

    /// - Parameter length: what the head promises.
    init(_ filter: any ResponseFilter, length: UInt64?, for runner: ExchangeRunner, logger: Logger) {
        self.filter = filter
        self.logger = logger
        self.runner = runner
        course = FilterCourse(length: length)
    }

    var isHeld: Bool { course.isHeld }

    /// The exchange is over.
    func stop() {
        runner = nil
        course.stop()
    }

    // MARK: The upstream

    func received(_ part: ByteBuffer) {
        guard course.partCame() else { return }
        do {
            switch try filter.passage(of: part, to: self) {
            case .now(let bytes): answered(.success(bytes))
            case .later(let future): future.assumeIsolated().whenComplete { self.answered($0) }
            }
        } catch {
            answered(.failure(error))
        }
        perform(course.returned())
    }

    func upstreamEnded(_ trailers: Fields) {
        perform(course.upstreamEnded(trailers))
    }

    private func askTrailers(after trailers: Fields) {
        do {
            switch try filter.trailers(after: trailers, to: self) {
            case .now(let trailers): answered(trailers: .success(trailers))
            case .later(let future): future.assumeIsolated().whenComplete { self.answered(trailers: $0) }
            }
        } catch {
            answered(trailers: .failure(error))
        }
        perform(course.returned())
    }

    // MARK: The filter

    private func answered(_ result: Result<ByteBuffer, any Error>) {
        switch result {
        case .success(let bytes):
            write(bytes)
            perform(course.answered())
        case .failure(let error): failed(error)
        }
    }

    private func answered(trailers result: Result<Fields, any Error>) {
        switch result {
        case .success(let trailers): perform(course.answered(trailers: trailers))
        case .failure(let error): failed(error)
        }
    }

    private func failed(_ error: any Error) {
        guard !course.isOver else { return }
        logger.error("a filter failed", metadata: ["error": "\(error)"])
        perform(course.demands(.cut))
    }

    var isWritable: Bool { runner?.front.isWritable ?? false }

    func send(_ bytes: ByteBuffer) {
        guard let runner, bytes.readableBytes > 0 else { return }
        // A client that has stopped taking is not excused by what is sent to it.
        if runner.front.isWritable { runner.lastActivity = runner.worker.now }
        write(bytes)
        if !course.isCalling { runner.front.flush() }
    }

    func end(trailers: Fields) {
        perform(course.demands(.end(trailers)))
    }

    func cut() {
        perform(course.demands(.cut))
    }

    private func write(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0, let runner else { return }
        if course.sends(bytes.readableBytes) {
            runner.write(bytes)
        } else {
            perform(course.demands(.cut))
        }
    }

    private func perform(_ step: FilterCourse.Step) {
        guard let runner else { return }
        switch step {
        case .wait: break
        case .askTrailers(let trailers): askTrailers(after: trailers)
        case .resume: runner.resumeHeldResponse()
        case .end(let trailers): runner.endResponse(trailers)
        case .cut: runner.cutResponse()
        }
    }
}
