import GatewayServer
import Testing

struct HTTPDateTests {
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),  // RFC 9110 §5.6.7
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
        ] as [(Int64, String)]
    )
    func `a date is written as HTTP wants it`(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.text(seconds) == text)
    }

    @Test func `the last of all seconds has a date`() {
        #expect(HTTPDate.text(.max).hasSuffix(" GMT"))
    }
}
