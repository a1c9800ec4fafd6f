package import GatewayKit
package import HTTPTypes
internal import NIOConcurrencyHelpers
package import NIOCore

/// Answers to paid requests, kept in memory for clients that ask for the same again, and which of them are under way.
/// Bounded in time, number and bytes: the oldest give way. May be used from any thread.
package final class AnswerShelf: Sendable {
    /// Bytes of all bodies together, where nothing else is said.
    package static let room = ByteCount.mebibytes(64)
    private static let capacity = 16_384

    package struct Answer: Sendable {
        package let status: HTTPResponse.Status
        package let fields: Fields
        package let body: ByteBuffer

        package init(status: HTTPResponse.Status, fields: Fields, body: ByteBuffer) {
            self.status = status
            self.fields = fields
            self.body = body
        }
    }

    package enum Finding: Sendable {
        /// Nobody asked before: the place is taken, and `keep` or `drop` follows.
        case reserved
        case underWay
        case answer(Answer)
        /// The key names another request.
        case conflict
        /// The request was made with another key: what became of it says the ledger.
        case otherKey
    }

    private struct Entry {
        let reservation: AnswerReservation
        /// Tells it from earlier ones of its challenge.
        let number: UInt64
        var answer: Answer?
    }

    private struct Place {
        let challenge: String
        let number: UInt64
    }

    private struct State {
        var entries = [String: Entry]()
        /// The oldest first. May hold some that are gone.
        var order = CircularBuffer<Place>()
        var lastNumber: UInt64 = 0
        var bytes = 0
        /// Of bodies that are being written down.
        var recorded = 0

        mutating func remove(_ challenge: String) {
            guard let entry = entries.removeValue(forKey: challenge) else { return }
            bytes -= entry.answer?.body.readableBytes ?? 0
        }
    }

    private let state = NIOLockedValueBox(State())
    private let room: ByteCount

    package init(room: ByteCount = AnswerShelf.room) {
        self.room = room
    }

    /// The key that a challenge's request was sent with.
    package func key(of challenge: String, at time: WallTime) -> IdempotencyKey? {
        state.withLockedValue { state in
            guard let entry = state.entries[challenge], entry.reservation.end > time else { return nil }
            return entry.reservation.key
        }
    }

    package func find(_ challenge: String, _ reservation: AnswerReservation, at time: WallTime) -> Finding {
        state.withLockedValue { state in
            if let entry = state.entries[challenge], entry.reservation.end > time {
                guard entry.reservation.key == reservation.key else { return .otherKey }
                guard entry.reservation.fingerprint == reservation.fingerprint else { return .conflict }
                return entry.answer.map { .answer($0) } ?? .underWay
            }
            state.remove(challenge)
            state.lastNumber += 1
            state.entries[challenge] = Entry(reservation: reservation, number: state.lastNumber)
            state.order.append(Place(challenge: challenge, number: state.lastNumber))
            makeRoom(in: &state, at: time)
            return .reserved
        }
    }

    package func keep(_ answer: Answer, for challenge: String, at time: WallTime) {
        state.withLockedValue { state in
            guard state.entries[challenge] != nil else { return }
            state.entries[challenge]?.answer = answer
            state.bytes += answer.body.readableBytes
            makeRoom(in: &state, at: time)
        }
    }

    package func drop(_ challenge: String) {
        state.withLockedValue { $0.remove(challenge) }
    }

    /// Takes room for a part of a body that is being written down; `endRecording` gives it back.
    ///
    /// - Returns: false when there is none.
    func record(_ count: Int) -> Bool {
        state.withLockedValue { state in
            guard state.recorded + count <= room.bytes else { return false }
            state.recorded += count
            return true
        }
    }

    func endRecording(_ count: Int) {
        state.withLockedValue { $0.recorded -= count }
    }

    private func makeRoom(in state: inout State, at time: WallTime) {
        while let oldest = state.order.first {
            if let entry = state.entries[oldest.challenge], entry.number == oldest.number {
                let isOver = state.bytes > room.bytes || state.entries.count > Self.capacity
                guard isOver || entry.reservation.end <= time else { break }
                state.remove(oldest.challenge)
            }
            state.order.removeFirst()
        }
        // Those that are gone, of requests that were refused, say, push nobody out.
        guard state.order.count > 2 * Self.capacity else { return }
        var order = CircularBuffer<Place>()
        for place in state.order where state.entries[place.challenge]?.number == place.number {
            order.append(place)
        }
        state.order = order
    }
}
