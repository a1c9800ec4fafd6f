internal import GatewayKit

extension LightningFailure {
    /// What lnd says of a call; `doing` completes "lnd would not ...".
    init(_ fault: LndFault, _ doing: String) {
        switch fault.reason {
        case .unavailable: self.init(.unavailable, fault.message)
        case .malformed: self.init(.malformed, fault.message)
        case .status(let code):
            let reason = Self.reason(of: code, fault)
            let hint = fault.isAboutRights ? " (does its macaroon allow it?)" : ""
            self.init(reason, "lnd would not \(doing): \(fault.message)\(hint)")
        }
    }

    private static func reason(of code: Int, _ fault: LndFault) -> Reason {
        switch code {
        // CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
        case 1, 4, 8, 10, 13, 14, 15: .unavailable
        // UNKNOWN: what lnd answers to almost everything, also while it starts.
        case 2: fault.isAboutStarting ? .unavailable : .refused
        default: .refused
        }
    }
}

extension LndFault {
    /// NOT_FOUND, or what earlier versions said with status UNKNOWN (lnd, invoices/errors.go).
    var isNotFound: Bool {
        reason == .status(5) || says("unable to locate invoice") || says("there are no existing invoices")
    }

    /// What lnd says of an invoice that is not held any more, or not yet (lnd, invoices/interface.go).
    var isAboutInvoice: Bool {
        isNotFound || says("invoice still open") || says("invoice already canceled") || says("invoice already settled")
    }

    /// lnd, payments/db/errors.go, `ErrPaymentNotInitiated`; of other sources of NOT_FOUND there is none here.
    var isNotInitiated: Bool { reason == .status(5) || says("payment isn't initiated") }

    /// lnd, rpcperms/interceptor.go and rpcserver.go: no invoice is made before the wallet is open and the node has started.
    var isAboutStarting: Bool {
        says("waiting to start") || says("wallet locked") || says("wallet not created")
            || says("in the process of starting") || says("not ready for") || says("shutting down")
    }

    /// PERMISSION_DENIED, UNAUTHENTICATED, or what the macaroon service says with status UNKNOWN.
    var isAboutRights: Bool {
        reason == .status(7) || reason == .status(16) || says("permission denied") || says("verification failed")
            || says("cannot get macaroon") || says("expected 1 macaroon")
    }

    private func says(_ words: String) -> Bool {
        if case .status = reason { message.contains(words) } else { false }
    }
}
