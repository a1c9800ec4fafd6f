import Testing

/// An example of RFC 7541 Appendix C: blocks that one decoder gets in turn.
struct HPACKVector: Sendable, CustomTestStringConvertible {
    struct Block: Sendable {
        let hex: String
        let lines: [String]
        /// Newest first.
        let table: [String]
        let size: Int

        var bytes: [UInt8] { [UInt8](hexDigits: hex) }
    }

    let section: String
    var capacity = 4096
    let blocks: [Block]

    var testDescription: String { section }

    static let all = [
        literalRemembered, literalNotRemembered, literalNeverIndexed, indexed, requests("C.3", plainRequests),
        requests("C.4", huffmanRequests), responses("C.5", plainResponses), responses("C.6", huffmanResponses),
    ]

    private static let literalRemembered = HPACKVector(
        section: "C.2.1",
        blocks: [
            Block(
                hex: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
                lines: ["custom-key: custom-header"],
                table: ["custom-key: custom-header"],
                size: 55
            )
        ]
    )

    private static let literalNotRemembered = HPACKVector(
        section: "C.2.2",
        blocks: [
            Block(hex: "040c 2f73 616d 706c 652f 7061 7468", lines: [":path: /sample/path"], table: [], size: 0)
        ]
    )

    private static let literalNeverIndexed = HPACKVector(
        section: "C.2.3",
        blocks: [
            Block(hex: "1008 7061 7373 776f 7264 0673 6563 7265 74", lines: ["password: secret"], table: [], size: 0)
        ]
    )

    private static let indexed = HPACKVector(
        section: "C.2.4",
        blocks: [Block(hex: "82", lines: [":method: GET"], table: [], size: 0)]
    )

    private static let plainRequests = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ]

    private static let huffmanRequests = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ]

    private static func requests(_ section: String, _ hex: [String]) -> HPACKVector {
        let (authority, cache) = (":authority: www.example.com", "cache-control: no-cache")
        let custom = "custom-key: custom-value"
        let start = [":method: GET", ":scheme: http", ":path: /"]
        let secureStart = [":method: GET", ":scheme: https", ":path: /index.html"]
        return HPACKVector(
            section: section,
            blocks: [
                Block(hex: hex[0], lines: start + [authority], table: [authority], size: 57),
                Block(hex: hex[1], lines: start + [authority, cache], table: [cache, authority], size: 110),
                Block(
                    hex: hex[2],
                    lines: secureStart + [authority, custom],
                    table: [custom, cache, authority],
                    size: 164
                ),
            ]
        )
    }

    private static let plainResponses = [
        """
        4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
        3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
        """,
        "4803 3330 37c1 c0bf",
        """
        88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
        7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
        6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31
        """,
    ]

    private static let huffmanResponses = [
        """
        4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
        1718 63c7 8f0b 97c8 e9ae 82ae 43d3
        """,
        "4883 640e ffc1 c0bf",
        """
        88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
        e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
        """,
    ]

    private static func responses(_ section: String, _ hex: [String]) -> HPACKVector {
        let (cache, location) = ("cache-control: private", "location: https://www.example.com")
        let (date, later) = ("date: Mon, 21 Oct 2013 20:13:21 GMT", "date: Mon, 21 Oct 2013 20:13:22 GMT")
        let coding = "content-encoding: gzip"
        let cookie = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"
        return HPACKVector(
            section: section,
            capacity: 256,
            blocks: [
                Block(
                    hex: hex[0],
                    lines: [":status: 302", cache, date, location],
                    table: [location, date, cache, ":status: 302"],
                    size: 222
                ),
                Block(
                    hex: hex[1],
                    lines: [":status: 307", cache, date, location],
                    table: [":status: 307", location, date, cache],
                    size: 222
                ),
                Block(
                    hex: hex[2],
                    lines: [":status: 200", cache, later, location, coding, cookie],
                    table: [cookie, coding, later],
                    size: 215
                ),
            ]
        )
    }
}
