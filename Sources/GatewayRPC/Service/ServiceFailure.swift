package import GRPCCore

/// Why a service has not answered what it was asked.
package struct ServiceFailure: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        /// No connection could be made, or it ended before the answer.
        case unavailable
        /// No answer in time.
        case timedOut
        /// An answer with this status.
        case refused(RPCError.Code)
        /// An answer that cannot be read.
        case malformed
        /// It failed too often, and is not asked for a while.
        case breakerOpen
        /// As many calls as may be open at the same time are.
        case busy
        /// Whoever asked left.
        case withdrawn
        /// The client has been stopped.
        case stopped
        /// Nothing is asked here: policies are only tried.
        case offline
    }

    package let reason: Reason
    /// The address that was asked; all of them where none was.
    package let service: String
    /// What was found, for the log; empty where the reason says all.
    package let detail: String

    package init(_ reason: Reason, of service: String, _ detail: String = "") {
        self.reason = reason
        self.service = service
        self.detail = detail
    }

    /// What a call threw.
    init(_ error: any Error, of service: String) {
        let error = (error as? any RPCErrorConvertible).map { RPCError($0) } ?? error
        switch error {
        case let error as RPCError where error.code == .invalidArgument && error.cause != nil:
            // What a service refuses has no cause here: this is what reading its answer came to.
            self.init(.malformed, of: service, String(toldBy: error.message))
        case let error as RPCError where error.code == .unknown && error.cause != nil:
            // Nor has that: the connection broke in a way of its own.
            self.init(.unavailable, of: service, String(toldBy: error.message))
        case let error as RPCError:
            self.init(Self.reason(of: error.code), of: service, String(toldBy: error.message))
        case is CancellationError:
            self.init(.withdrawn, of: service)
        case let error as RuntimeError:
            self.init(
                error.code == .clientIsStopped ? .stopped : .unavailable,
                of: service,
                String(toldBy: error.message)
            )
        default:
            self.init(.malformed, of: service, String(toldBy: "\(error)"))
        }
    }

    private static func reason(of code: RPCError.Code) -> Reason {
        switch code {
        case .unavailable: .unavailable
        case .deadlineExceeded: .timedOut
        case .cancelled: .withdrawn
        default: .refused(code)
        }
    }

    package var description: String {
        let text =
            switch reason {
            case .unavailable: "cannot be reached"
            case .timedOut: "did not answer in time"
            case .refused(let code): "answered with the status '\(code)'"
            case .malformed: "answered what cannot be read"
            case .breakerOpen: "failed too often and is left alone for a while"
            case .busy: "has as many calls open as it may"
            case .withdrawn: "was asked by somebody who left"
            case .stopped: "is asked nothing any more: the gateway stops"
            case .offline: "is asked nothing where policies are tried"
            }
        return "\(service) \(text)\(detail.isEmpty ? "" : ": \(detail)")"
    }

    /// True when the service itself is to blame: its breaker counts these.
    var countsAgainstService: Bool {
        switch reason {
        case .unavailable, .timedOut, .malformed: true
        // Not `unknown`: a handler that throws for one client's request says nothing of what others would be answered.
        case .refused(let code): code == .internalError || code == .dataLoss
        case .breakerOpen, .busy, .withdrawn, .stopped, .offline: false
        }
    }

    /// True when the service has answered all the same: with a no, or with what nobody can read.
    var isAnswer: Bool {
        switch reason {
        case .malformed: true
        case .refused(let code): code == .permissionDenied || code == .unauthenticated
        case .unavailable, .timedOut, .breakerOpen, .busy, .withdrawn, .stopped, .offline: false
        }
    }

    /// True when another attempt may fare better within the same time.
    var isWorthAnotherAttempt: Bool { reason == .unavailable }
}
