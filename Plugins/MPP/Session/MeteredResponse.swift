package import GatewayKit
package import Logging
package import NIOCore

/// Lets a response pass as far as a session pays for it (draft-lightning-session, "Streaming").
///
/// What costs something is taken from the account before it goes out. When there is too little left, a stream of events is
/// held, the client is told by an event, and it goes on after a top-up; without one, it ends and the session with it. A
/// response of any other kind cannot say anything in its middle: it is cut, and the client sees that it is incomplete.
package final class MeteredResponse: ResponseFilter {
    package struct Patience: Sendable {
        /// How long a held stream waits for a top-up.
        package var topUp: Duration
        /// Between the comments that keep a held stream from looking dead.
        package var comment = Duration.seconds(15)

        package init(topUp: Duration = .seconds(60)) {
            self.topUp = topUp
        }
    }

    private struct Item {
        var bytes: ByteBuffer
        let cost: UInt64
        /// Nothing that costs comes after it: the receipt stands before it.
        let isLast: Bool
        /// An event of our own may follow.
        let isEnd: Bool
    }

    private struct Hold {
        let timeout: Scheduled<Void>
        var comment: Scheduled<Void>
        var change: Task<Void, Never>?
        var isExpired = false
    }

    private let account: any SessionAccount
    private let patience: Patience
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let countsBytes: Bool
    /// `nil` for a response that is no stream of events.
    private var splitter: EventSplitter?
    private var course: MeterCourse

    private var outlet: (any ResponseOutlet)?
    private var queue = CircularBuffer<Item>()
    private var partAnswer: EventLoopPromise<ByteBuffer>?
    private var endAnswer: EventLoopPromise<Fields>?
    private var trailers: Fields?
    /// The account is being asked.
    private var isAsking = false
    private var hold: Hold?
    private var lastDebit: NIODeadline?
    private var lastBalance: SessionBalance?
    private var isBetweenEvents = true
    private var hasReceipt = false
    private var endsSession = false
    private var isOver = false
    /// What the account knows this response by.
    private var number = 0
    /// Those that wait until nothing is paid ahead any more.
    private var waiting: [EventLoopPromise<Void>] = []
    /// What is left is being given back, for good.
    private var releasing: Task<Void, Never>?

    /// - Parameters:
    ///   - isEventStream: of `text/event-stream`, and not compressed.
    package init(
        _ account: any SessionAccount,
        by meter: SessionMeter,
        isEventStream: Bool,
        patience: Patience,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.account = account
        self.patience = patience
        self.eventLoop = eventLoop
        self.logger = logger
        if case .bytes(let count) = meter {
            countsBytes = true
            course = MeterCourse(partsOfUnit: UInt64(count.bytes), reserved: account.reservedUnits)
        } else {
            countsBytes = false
            course = MeterCourse(partsOfUnit: 1, reserved: account.reservedUnits)
        }
        splitter = isEventStream ? EventSplitter() : nil
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        number = account.beginStream {
            // It fails with the event loop's end.
            try? await eventLoop.flatSubmit { me.value.giveBackAhead() }.get()
        }
    }

    package var keepsLength: Bool { splitter == nil }

    // MARK: What comes

    package func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) -> Eventually<ByteBuffer> {
        self.outlet = outlet
        guard splitter != nil else { return passage(ofBytes: part) }
        splitter?.feed(part)
        while let piece = splitter?.next() {
            queue.append(item(piece, isRest: false))
        }
        advance()
        guard isWaiting else { return .now(ByteBuffer()) }
        return .later(answerLater())
    }

    /// Of what is no stream of events: what is paid for passes as it is.
    private func passage(ofBytes part: ByteBuffer) -> Eventually<ByteBuffer> {
        let cost = countsBytes ? UInt64(part.readableBytes) : 0
        if course.covers(cost) {
            course.deliver(cost)
            return .now(part)
        }
        queue.append(Item(bytes: part, cost: cost, isLast: false, isEnd: false))
        advance()
        return .later(answerLater())
    }

    private func answerLater() -> EventLoopFuture<ByteBuffer> {
        let promise = eventLoop.makePromise(of: ByteBuffer.self)
        partAnswer = promise
        return promise.futureResult
    }

    package func trailers(after trailers: Fields, to outlet: any ResponseOutlet) -> Eventually<Fields> {
        self.outlet = outlet
        self.trailers = trailers
        if let piece = splitter?.finish() {
            queue.append(item(piece, isRest: true))
        }
        advance()
        guard isWaiting else { return .now(trailers) }
        let promise = eventLoop.makePromise(of: Fields.self)
        endAnswer = promise
        return .later(promise.futureResult)
    }

    /// - Parameter isRest: it is what stands behind the last event.
    private func item(_ piece: EventSplitter.Piece, isRest: Bool) -> Item {
        let cost: UInt64
        if piece.isDone {
            cost = 0
        } else if countsBytes {
            cost = UInt64(piece.bytes.readableBytes)
        } else {
            cost = piece.beginsEvent ? 1 : 0
        }
        return Item(bytes: piece.bytes, cost: cost, isLast: piece.isDone || isRest, isEnd: piece.isEnd)
    }

    // MARK: What goes

    private var isWaiting: Bool { isAsking || hold != nil }

    /// Sends what is paid for, and pays for what is not.
    private func advance() {
        guard !isAsking, !isOver else { return }
        // Whatever is sent may find that the client has left.
        while !isOver, let item = queue.first {
            guard course.covers(item.cost) else { return debit(item.cost) }
            if item.isLast {
                guard makeReceipt(before: item.cost) else { return }
            }
            queue.removeFirst()
            course.deliver(item.cost)
            outlet?.send(item.bytes)
            isBetweenEvents = item.isEnd
        }
        guard !isOver else { return }
        if trailers != nil {
            guard makeReceipt(before: 0) else { return }
        }
        endHold()
        // Taken out first: on an answer the next part comes at once, and may owe one of its own.
        let (part, end, trailers) = (partAnswer, endAnswer, trailers)
        (partAnswer, endAnswer) = (nil, nil)
        part?.succeed(ByteBuffer())
        end?.succeed(trailers ?? Fields())
    }

    /// Once, before whatever tells the client that there is no more; what was paid ahead is back on the account by then,
    /// so that a client that closes its session on that gets all of its rest.
    ///
    /// - Returns: false when that is still under way.
    private func makeReceipt(before cost: UInt64) -> Bool {
        guard !hasReceipt else { return true }
        let surplus = course.surplus(beyond: cost)
        guard surplus == 0 else {
            giveBack(surplus)
            return false
        }
        hasReceipt = true
        sendReceipt(with: cost)
        return true
    }

    private func sendReceipt(with cost: UInt64) {
        send("payment-receipt", account.receipt(spent: spent, units: Int64(clamping: course.units(with: cost))))
    }

    /// An event of our own; nothing in a response that is no stream of events.
    private func send(_ event: String, _ data: String) {
        guard splitter != nil else { return }
        var bytes = ByteBuffer()
        // In the middle of an event, which is longer than the splitter keeps.
        if !isBetweenEvents { bytes.writeStaticString("\n\n") }
        isBetweenEvents = true
        bytes.writeString("event: \(event)\ndata: \(data)\n\n")
        outlet?.send(bytes)
    }

    private var spent: Amount { price(of: course.paid) }

    private func price(of units: UInt64) -> Amount {
        let (product, overflow) = account.price.millisatoshis.multipliedReportingOverflow(by: units)
        return overflow ? .maximum : Amount(millisatoshis: product)
    }

    private func affordable(_ balance: SessionBalance) -> UInt64 {
        account.price > .zero ? balance.left.millisatoshis / account.price.millisatoshis : 0
    }

    // MARK: Paying

    private func debit(_ next: UInt64) {
        let now = eventLoop.now
        let units = course.units(
            next: next,
            waiting: queue.reduce(0) { $0 + $1.cost },
            after: lastDebit.map { Duration(now - $0) },
            affordable: lastBalance.map(affordable)
        )
        lastDebit = now
        debit(units: units, next)
    }

    private func debit(units: UInt64, _ next: UInt64) {
        isAsking = true
        let promise = eventLoop.makePromise(of: SessionDebit.self)
        promise.futureResult.assumeIsolated().whenComplete { self.debited(units, next, $0) }
        promise.completeWithTask { [account] in
            try await account.debit(units: Int64(clamping: units))
        }
    }

    private func debited(_ units: UInt64, _ next: UInt64, _ result: Result<SessionDebit, any Error>) {
        isAsking = false
        if case .success(.taken(let balance)) = result {
            lastBalance = balance
            course.taken(units)
        }
        defer { answerWaiting() }
        // What was taken for nobody goes back with the rest.
        guard !isOver else { return release() }
        switch result {
        case .success(.taken):
            endHold()
            advance()
        case .success(.insufficient(let balance, _)):
            lastBalance = balance
            // Less than was asked for may be enough for what comes next; of bytes a part of it is.
            let (missing, affordable) = (course.missing(for: next), affordable(balance))
            let least = splitter == nil ? 1 : missing
            if affordable >= least, affordable < units {
                debit(units: affordable, next)
            } else {
                runShort(balance, missing: missing)
            }
        case .success(.closed): endWithSession()
        case .failure(let error):
            logger.error("cannot meter a response", metadata: ["error": "\(error)"])
            outlet?.cut()
        }
    }

    private func giveBack(_ units: UInt64) {
        isAsking = true
        course.returned(units)
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.isAsking = false
            if self.isOver { self.release() } else { self.advance() }
            self.answerWaiting()
        }
        promise.completeWithTask { [account] in
            await account.giveBack(units: Int64(clamping: units))
        }
    }

    /// The session ends: what is paid for of what has come is out, and the rest goes back.
    private func giveBackAhead() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        if let releasing {
            promise.completeWithTask { await releasing.value }
        } else {
            waiting.append(promise)
            answerWaiting()
        }
        return promise.futureResult
    }

    /// When the account is not being asked any more, and has all back that is not delivered.
    private func answerWaiting() {
        guard !waiting.isEmpty, !isAsking, !isOver else { return }
        let surplus = course.surplus(beyond: 0)
        guard surplus == 0 else { return giveBack(surplus) }
        let waiting = waiting
        self.waiting = []
        for promise in waiting { promise.succeed() }
    }

    // MARK: Running short

    private func runShort(_ balance: SessionBalance, missing: UInt64) {
        guard splitter != nil else { return cutShort() }
        guard hold?.isExpired != true else { return timeOut() }
        send("payment-need-topup", account.shortage(spent: balance.spent, required: price(of: missing)))
        guard !isOver else { return }
        if hold == nil {
            hold = Hold(
                timeout: eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(patience.topUp)) { self.expired() },
                comment: nextComment()
            )
        }
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.balanceChanged($0) }
        hold?.change = promise.completeWithTask { [account] in
            try await account.balanceChange(after: balance)
        }
    }

    private func nextComment() -> Scheduled<Void> {
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(patience.comment)) {
            guard self.hold != nil else { return }
            if self.isBetweenEvents { self.outlet?.send(ByteBuffer(string: ": \n\n")) }
            self.hold?.comment = self.nextComment()
        }
    }

    private func balanceChanged(_ result: Result<Void, any Error>) {
        guard hold != nil, !isOver else { return }
        hold?.change = nil
        switch result {
        case .success: advance()
        case .failure:
            // The store does not answer now; it may before the time is over.
            eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
                if self.hold != nil, self.hold?.change == nil { self.advance() }
            }
        }
    }

    private func endHold() {
        hold?.timeout.cancel()
        hold?.comment.cancel()
        hold?.change?.cancel()
        hold = nil
    }

    private func expired() {
        guard hold != nil else { return }
        if isAsking {
            // There may be enough at the last moment.
            hold?.isExpired = true
        } else {
            timeOut()
        }
    }

    private func timeOut() {
        let missing = course.missing(for: queue.first?.cost ?? 0)
        // Also when the client leaves in this moment.
        endsSession = true
        send("session-timeout", account.shortage(spent: lastBalance?.spent ?? spent, required: price(of: missing)))
        endHold()
        outlet?.end()
    }

    /// Somebody has ended the session: what was paid for is out, and nothing more can be paid for.
    private func endWithSession() {
        guard splitter != nil else { return cutShort() }
        if !hasReceipt { sendReceipt(with: 0) }
        outlet?.end()
    }

    /// Sends what is paid for of a body that cannot be told about the rest.
    private func cutShort() {
        if var item = queue.first,
            let bytes = item.bytes.readSlice(length: Int(clamping: min(course.credit, item.cost)))
        {
            course.deliver(UInt64(bytes.readableBytes))
            outlet?.send(bytes)
        }
        outlet?.cut()
    }

    // MARK: The end

    package func settle(as outcome: Outcome) {
        isOver = true
        outlet = nil
        endHold()
        partAnswer?.succeed(ByteBuffer())
        endAnswer?.succeed(trailers ?? Fields())
        (partAnswer, endAnswer) = (nil, nil)
        if !isAsking { release() }
    }

    /// Gives back what was paid for and is not delivered; the session ends after that.
    private func release() {
        let units = course.surplus(beyond: 0)
        course.returned(units)
        let waiting = waiting
        self.waiting = []
        let releasing = Task { [account, number] in
            if units > 0 { await account.giveBack(units: Int64(clamping: units)) }
            account.endStream(number)
            for promise in waiting { promise.succeed() }
        }
        self.releasing = releasing
        guard endsSession else { return }
        Task { [account] in
            await releasing.value
            await account.end()
        }
    }
}
