import GatewayKit
import GatewayPolicy
import Testing

struct PlanTableTests {
    private static let text = """
        version: 1
        upstreams: { quotes: { url: ["http://127.0.0.1:9001", "http://[::1]:9002"] } }
        pipelines:
          polite: [rate-limit: { limit: 1/s }]
        routes:
          - { name: a, match: { host: x.example, path: "/a/*", method: GET }, pipeline: [{ use: polite }, { forward: quotes }] }
          - { name: b, service: s, match: { regex: "/b\\\\d" }, pipeline: [respond] }
        """

    @Test func `one route can be shown alone`() throws {
        let plan = try #require(PolicyLoader.outcome(of: Self.text).plan)
        let expected = """
            b  regex /b\\d  (service s)
                respond  200  policy.yaml:7
            """
        #expect(PlanTable(plan, route: "b").text() == expected)
    }

    @Test func `the form for programs holds what the table shows`() throws {
        let plan = try #require(PolicyLoader.outcome(of: Self.text).plan)
        let expected = """
            {
              "files" : [
                "policy.yaml"
              ],
              "listen" : [
                "127.0.0.1:8402"
              ],
              "routes" : [
                {
                  "match" : {
                    "host" : "x.example",
                    "methods" : [
                      "GET"
                    ],
                    "path" : "/a/*"
                  },
                  "name" : "a",
                  "place" : "policy.yaml:6:13",
                  "service" : "a",
                  "stages" : [
                    {
                      "pipeline" : "polite",
                      "place" : "policy.yaml:4:12",
                      "summary" : "1/s burst 1 per token",
                      "word" : "rate-limit"
                    },
                    {
                      "place" : "policy.yaml:6:101",
                      "summary" : "quotes",
                      "word" : "forward"
                    }
                  ]
                }
              ],
              "upstreams" : [
                {
                  "addresses" : [
                    "127.0.0.1:9001",
                    "[::1]:9002"
                  ],
                  "name" : "quotes"
                }
              ],
              "warnings" : [

              ]
            }
            """
        #expect(PlanTable(plan, route: "a").json() == expected)
    }
}
