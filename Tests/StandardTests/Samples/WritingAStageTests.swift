import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Testing

/// The article "Writing a stage" shows what is compiled here, line for line.
struct WritingAStageTests {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()

    private static func article() throws -> String {
        let catalog = here.appending(path: "../../../Sources/GatewayKit/GatewayKit.docc/WritingAStage.md")
        return try String(contentsOf: catalog, encoding: .utf8)
    }

    private static func sample(_ name: String) throws -> String {
        try String(contentsOf: here.appending(path: name), encoding: .utf8)
    }

    @Test func `the stage of the article compiles as it stands there`() throws {
        #expect(try Self.article().contains("```swift\n\(Self.sample("HoursStage.swift"))```"))
    }

    @Test func `the filter of the article compiles as it stands there`() throws {
        #expect(try Self.article().contains("```swift\n\(Self.sample("CountingFilter.swift"))```"))
    }

    @Test func `the answer of the article that must wait compiles as it stands there`() throws {
        let lines = try Self.sample("ListedStage.swift").split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.contains("func admit") })
        let body = lines[start...].prefix { $0 != "}" }.map { $0.dropFirst(4) }.joined(separator: "\n")
        #expect(try Self.article().contains("```swift\n\(body)\n```"))
    }

    @Test func `the stage is open between its hours`() throws {
        let time = ManualTime()
        let settings = ExampleSettings(["from": "8", "to": "18"])
        let stage = try #require(settings.make { try HoursStage(from: &$0, .example(time: time.source)) })
        #expect(settings.messages == [])
        #expect(try stage.decision(about: .example())?.reply?.status.code == 403)
        time.advance(by: .seconds(8 * 3_600))
        #expect(try stage.decision(about: .example())?.isNext == true)
    }

    @Test func `hours that end before they begin are a mistake`() {
        let settings = ExampleSettings(["from": "18", "to": "8"])
        #expect(settings.make { try HoursStage(from: &$0, .example()) } == nil)
        #expect(settings.messages == ["'to' should be later than 'from'"])
    }

    @Test func `a path that is not listed is refused`() async throws {
        let reply = try await answered { loop in
            ListedStage(list: .init(paths: ["/a"])).admit(.example(.example(.get, "/b"), eventLoop: loop))
        }.reply
        #expect(reply?.status.code == 403)
    }
}
