package import GatewayKit
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a macaroon of lnd permits, as its identifier tells everybody who has it.
package struct LndRights: Hashable, Sendable {
    /// `invoices:write`, or `uri:/lnrpc.Lightning/AddInvoice` for a single call.
    package let permissions: Set<String>
    /// The caveats, such as `time-before 2027-01-01T00:00:00Z`.
    package let caveats: [String]

    /// A call that the gateway makes: the permission that allows it among others, and the one that allows it alone.
    private struct Call {
        let permission: String
        let uri: String

        init(_ permission: String, _ uri: String) {
            self.permission = permission
            self.uri = "uri:" + uri
        }
    }

    private static let selling = [
        Call("invoices:write", "/lnrpc.Lightning/AddInvoice"), Call("invoices:read", "/lnrpc.Lightning/LookupInvoice"),
        Call("invoices:read", "/lnrpc.Lightning/ListInvoices"),
        Call("invoices:read", "/lnrpc.Lightning/SubscribeInvoices"),
    ]
    private static let holding = [
        Call("invoices:write", "/invoicesrpc.Invoices/AddHoldInvoice"),
        Call("invoices:write", "/invoicesrpc.Invoices/SettleInvoice"),
        Call("invoices:write", "/invoicesrpc.Invoices/CancelInvoice"),
    ]
    private static let refunding = [
        Call("offchain:write", "/routerrpc.Router/SendPaymentV2"),
        Call("offchain:read", "/routerrpc.Router/TrackPaymentV2"),
    ]

    /// `nil` where the text is not a macaroon as lnd makes it.
    package init?(macaroonHex: String) {
        guard let bytes = Hex.decoded(macaroonHex) else { return nil }
        self.init(macaroon: bytes)
    }

    /// Reads version 2 of the binary form (go-macaroon, marshal-v2.go) with an identifier of version 3 (go-macaroon-bakery,
    /// bakery/codec.go), of a macaroon of 64 KiB at the most.
    package init?(macaroon bytes: [UInt8]) {
        guard bytes.count <= 65_536, let sections = LndMacaroon.identifiers(in: bytes),
            let identifier = sections.first, identifier.first == 3,
            let id = try? Macaroonpb_MacaroonId(serializedBytes: Array(identifier.dropFirst()))
        else { return nil }
        permissions = Set(id.ops.flatMap { operation in operation.actions.map { "\(operation.entity):\($0)" } })
        caveats = sections.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }

    private func allow(_ call: Call) -> Bool {
        permissions.contains(call.permission) || permissions.contains(call.uri)
    }

    // MARK: What they are enough for

    package var capabilities: LightningCapabilities {
        var capabilities: LightningCapabilities = []
        if allow(Self.selling[3]) { capabilities.insert(.subscribe) }
        if Self.holding.allSatisfy(allow) { capabilities.insert(.hold) }
        if Self.refunding.allSatisfy(allow) { capabilities.insert(.refund) }
        return capabilities
    }

    /// Calls that nothing is sold without and that are not allowed.
    private var missing: [String] { Self.selling.filter { !allow($0) }.map(\.uri) }

    /// Permissions that no call of the gateway needs.
    package var excess: [String] {
        let calls = Self.selling + Self.holding + Self.refunding
        let needed = Set(calls.flatMap { [$0.permission, $0.uri] })
        return permissions.subtracting(needed).sorted()
    }

    /// A sentence for each thing that is wrong with them.
    package var findings: [String] {
        var findings = [String]()
        if !missing.isEmpty {
            findings.append("the macaroon of lnd does not allow what is needed to sell: \(list(missing))")
        }
        if !excess.isEmpty {
            findings.append(
                "the macaroon of lnd allows more than the gateway needs: \(list(excess)); whoever steals it has all of that"
                    + " (see \"Lightning nodes\" for the narrowest one)"
            )
        }
        for caveat in caveats where caveat.hasPrefix("time-before ") {
            findings.append("the macaroon of lnd ends at \(shown(caveat.dropFirst(12).prefix(40)))")
        }
        return findings
    }

    /// A macaroon is somebody else's text.
    private func list(_ permissions: [String]) -> String {
        let texts = permissions.prefix(8).map { shown($0.prefix(60)) }
        return texts.joined(separator: ", ") + (permissions.count > 8 ? ", ..." : "")
    }

    private func shown(_ text: Substring) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { (0x20..<0x7F) ~= $0.value }))
    }
}
