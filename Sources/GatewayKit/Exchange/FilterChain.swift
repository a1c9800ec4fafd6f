internal import NIOCore

/// Two filters as one: what the first makes of a response, and what it sends, the second is asked about, in this order.
final class FilterChain: ResponseFilter, ResponseOutlet {
    private struct Piece {
        let bytes: ByteBuffer
        /// Of an answer that the first owes: kept once all of it has gone out.
        let answer: EventLoopPromise<ByteBuffer>?
    }

    private let first: any ResponseFilter
    private let second: any ResponseFilter
    private let eventLoop: any EventLoop

    private var outlet: (any ResponseOutlet)?
    /// What the second was not asked about yet.
    private var pieces = CircularBuffer<Piece>()
    /// The second is being asked, or has not answered.
    private var isAsking = false
    /// The first is being called.
    private var isCalling = false
    /// The first wants the response to end.
    private var demand: Fields?
    /// The second was asked about the trailers.
    private var isEnding = false
    /// For the upstream's end, which came while that which the first wants was under way; kept once all is over.
    private var laterEnd: EventLoopPromise<Fields>?
    private var isOver = false

    init(_ first: any ResponseFilter, then second: any ResponseFilter, on eventLoop: any EventLoop) {
        self.first = first
        self.second = second
        self.eventLoop = eventLoop
    }

    var keepsLength: Bool { first.keepsLength && second.keepsLength }

    func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) throws -> Eventually<ByteBuffer> {
        self.outlet = outlet
        // Nothing of it goes out any more.
        guard demand == nil else { return .now(ByteBuffer()) }
        let answer = try called { try first.passage(of: part, to: self) }
        return try answer.flatMap { try self.pass($0) }
    }

    func trailers(after trailers: Fields, to outlet: any ResponseOutlet) throws -> Eventually<Fields> {
        self.outlet = outlet
        guard demand == nil else { return endLater() }
        let answer = try called { try first.trailers(after: trailers, to: self) }
        return try answer.flatMap { trailers in
            guard !self.isOver else { return .now(trailers) }
            guard !self.isEnding else { return self.endLater() }
            self.isEnding = true
            return try self.pass(ByteBuffer()).flatMap { _ in
                guard !self.isOver else { return .now(trailers) }
                return try self.second.trailers(after: self.demand ?? trailers, to: outlet)
            }
        }
    }

    /// The first has ended the response, and the second may still have something to say.
    private func endLater() -> Eventually<Fields> {
        let promise = eventLoop.makePromise(of: Fields.self)
        laterEnd = promise
        return .later(promise.futureResult)
    }

    private func called<Value>(_ call: () throws -> Eventually<Value>) rethrows -> Eventually<Value> {
        isCalling = true
        let answer: Eventually<Value>
        do {
            defer { isCalling = false }
            answer = try call()
        }
        // An end that was wanted in the call does not wait for an answer that is still to come.
        if case .later = answer { advance() }
        return answer
    }

    func settle(as outcome: Outcome) {
        isOver = true
        outlet = nil
        let pieces = pieces
        self.pieces.removeAll()
        first.settle(as: outcome)
        second.settle(as: outcome)
        for piece in pieces { piece.answer?.succeed(ByteBuffer()) }
        laterEnd?.succeed(Fields())
        laterEnd = nil
    }

    // MARK: What the first sends

    var isWritable: Bool { (outlet?.isWritable ?? false) && !isAsking }

    func send(_ bytes: ByteBuffer) {
        guard !isOver, bytes.readableBytes > 0 else { return }
        pieces.append(Piece(bytes: bytes, answer: nil))
        advance()
    }

    func end(trailers: Fields) {
        guard !isOver, demand == nil else { return }
        demand = trailers
        advance()
    }

    func cut() { outlet?.cut() }

    // MARK: What the second is asked

    /// What becomes of an answer of the first.
    private func pass(_ bytes: ByteBuffer) throws -> Eventually<ByteBuffer> {
        if bytes.readableBytes == 0, !isAsking, pieces.isEmpty, demand == nil { return .now(bytes) }
        let promise = eventLoop.makePromise(of: ByteBuffer.self)
        pieces.append(Piece(bytes: bytes, answer: promise))
        advance()
        return .later(promise.futureResult)
    }

    private func advance() {
        while !isAsking, !isOver, let piece = pieces.popFirst() {
            do {
                guard let answer = try ask(about: piece) else { return }
                answered(.success(answer), about: piece)
            } catch {
                answered(.failure(error), about: piece)
            }
        }
        endIfWanted()
    }

    /// - Returns: `nil` when it answers later; then `answered` follows.
    private func ask(about piece: Piece) throws -> ByteBuffer? {
        guard piece.bytes.readableBytes > 0, let outlet else { return ByteBuffer() }
        isAsking = true
        do {
            switch try second.passage(of: piece.bytes, to: outlet) {
            case .now(let bytes):
                isAsking = false
                return bytes
            case .later(let future):
                future.assumeIsolated().whenComplete { result in
                    self.isAsking = false
                    self.answered(result, about: piece)
                    self.advance()
                }
                return nil
            }
        } catch {
            isAsking = false
            throw error
        }
    }

    private func answered(_ result: Result<ByteBuffer, any Error>, about piece: Piece) {
        switch result {
        case .success(let bytes):
            // Here and not by the answer: what the first sends next comes behind it.
            outlet?.send(bytes)
            piece.answer?.succeed(ByteBuffer())
        case .failure(let error):
            if let answer = piece.answer { answer.fail(error) } else { outlet?.cut() }
        }
    }

    private func endIfWanted() {
        guard let demand, let outlet, !isEnding, !isCalling, !isAsking, !isOver, pieces.isEmpty else { return }
        isEnding = true
        do {
            try second.trailers(after: demand, to: outlet).whenComplete { result in
                switch result {
                case .success(let trailers): outlet.end(trailers: trailers)
                case .failure: outlet.cut()
                }
            }
        } catch {
            outlet.cut()
        }
    }
}
