extension InvoiceReport {
    private static var counters: [(name: String, help: String, count: KeyPath<Service, UInt64>)] {
        [
            ("sluice_invoices_issued_total", "Invoices that clients were given.", \.issued),
            ("sluice_invoices_settled_total", "Invoices that were paid.", \.settled),
            ("sluice_invoices_expired_total", "Invoices that nobody paid in time.", \.expired),
            ("sluice_invoices_cancelled_total", "Held payments that went back to their payers.", \.cancelled),
            ("sluice_refunds_total", "Payments back to clients.", \.refunded),
            ("sluice_received_millisatoshis_total", "What was paid.", \.receivedMillisatoshis),
            ("sluice_refunded_millisatoshis_total", "What was paid back.", \.paidBackMillisatoshis),
        ]
    }

    /// The same for Prometheus. Its labels are services, as policies name them, and words of the gateway's own.
    func metrics() -> String {
        var text = PrometheusText()
        text.describe("sluice_invoices_open", .gauge, "Invoices that are neither paid nor expired.")
        text.add("sluice_invoices_open", value: "\(open)")
        text.describe("sluice_invoices_open_limit", .gauge, "How many may be open.")
        text.add("sluice_invoices_open_limit", value: "\(mostOpen)")
        text.describe("sluice_invoices_refused_total", .counter, "Requests that had no invoice, by bound.")
        for (bound, count) in refused.sorted(by: { $0.key < $1.key }) {
            text.add("sluice_invoices_refused_total", [("bound", bound)], value: "\(count)")
        }
        text.describe("sluice_invoices_wrong_total", .counter, "Invoices of the node that no client was given.")
        for (fault, count) in wrong.sorted(by: { $0.key < $1.key }) {
            text.add("sluice_invoices_wrong_total", [("fault", fault)], value: "\(count)")
        }
        for (name, help, count) in Self.counters {
            text.describe(name, .counter, help)
            for service in services {
                text.add(name, [("service", service.service)], value: "\(service[keyPath: count])")
            }
        }
        addDelays(to: &text)
        return text.text
    }

    private func addDelays(to text: inout PrometheusText) {
        let name = "sluice_settlement_delay_seconds"
        text.describe(name, .histogram, "From an invoice to its payment.")
        for service in services {
            let label = (name: "service", value: service.service)
            for delay in service.delays {
                let bound = delay.upToSeconds.map { "\($0)" } ?? "+Inf"
                text.add("\(name)_bucket", [label, ("le", bound)], value: "\(delay.count)")
            }
            text.add("\(name)_sum", [label], value: "\(service.delaySumSeconds)")
            text.add("\(name)_count", [label], value: "\(service.delays.last?.count ?? 0)")
        }
    }
}
