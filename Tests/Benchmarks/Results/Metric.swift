/// What a sample has numbers of; each is in the unit of its heading.
enum Metric: String, CaseIterable, Codable, CodingKeyRepresentable {
    case cpuPerRequest, cpuPerEvent, memoryPerStream, memoryPerConnection, addedMedian, addedSlow
    case firstByteWhole, firstByteMetered
    case matchTime, missTime, loadTime, expressionTime
    case listenTime, followTime, nodeCalls, nodeInvoices, nodeAnswers
    case offers, clientRefusals, refusals, invoices, openInvoices
    case requestRate, eventRate, latencyMedian, latencySlow, memoryBefore, memoryHalfway, memoryAfter
    case databaseBefore, databaseHalfway, databaseAfter

    var heading: String {
        switch self {
        case .cpuPerRequest: "CPU us/request"
        case .cpuPerEvent: "CPU us/event"
        case .memoryPerStream: "KiB/stream"
        case .memoryPerConnection: "KiB/connection"
        case .addedMedian: "p50 added us"
        case .addedSlow: "p99 added us"
        case .firstByteWhole: "whole us"
        case .firstByteMetered: "metered us"
        case .matchTime: "ns/match"
        case .missTime: "ns/miss"
        case .loadTime: "ms to load"
        case .expressionTime: "ns/expression"
        case .listenTime: "ms to listen"
        case .followTime: "ms to follow"
        case .nodeCalls: "calls"
        case .nodeInvoices: "invoices told"
        case .nodeAnswers: "KiB told"
        case .offers: "402"
        case .clientRefusals: "429"
        case .refusals: "503"
        case .invoices: "invoices"
        case .openInvoices: "open"
        case .requestRate: "requests/s"
        case .eventRate: "events/s"
        case .latencyMedian: "p50 ms"
        case .latencySlow: "p99 ms"
        case .memoryBefore: "MiB before"
        case .memoryHalfway: "MiB halfway"
        case .memoryAfter: "MiB with all"
        case .databaseBefore: "database MiB before"
        case .databaseHalfway: "halfway"
        case .databaseAfter: "with all"
        }
    }
}
