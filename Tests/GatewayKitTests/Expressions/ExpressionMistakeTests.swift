import GatewayKit
import Testing

/// What is told of an expression that is none, when the policy is read.
struct ExpressionMistakeTests {
    @Test(arguments: [
        ("", 0, "an expression should stand here, not nothing"),
        ("request.", 8, "expected a name behind the dot, not the end"),
        ("(true", 5, "expected ')', not the end"), ("true)", 4, "expected an operator or the end, not ')'"),
        ("request.method = 'GET'", 15, "'=' should be '==', which compares"),
        ("request.method == 'GET", 18, "this string does not end"),
        (#"request.path == '\d'"#, 17, #"there is no escape '\d'; a backslash itself is '\\'"#),
        ("request.path == @", 16, "'@' is no part of an expression"),
        ("b'x' == b'y'", 0, "bytes are not part of expressions here; write a string"),
        ("99999999999999999999 > 0", 0, "the number '99999999999999999999' is too large for an int"),
        (
            "request.json.?a == 1", 13,
            "optional values ('?') are not part of expressions here; ask with has() or 'in' first"
        ),
        ("Name{a: 1}.a == 1", 4, "messages are not part of expressions here; a map is {'key': value}"),
        ("while == 1", 0, "'while' is a word that CEL keeps for other languages"),
    ])
    func `a mistake in the writing is told with its place`(_ text: String, _ offset: Int, _ message: String) {
        let mistake = mistake(text)
        #expect(mistake?.offset == offset)
        #expect(mistake?.message == message)
    }

    @Test(arguments: [
        (
            "requst.method == 'GET'", 0,
            "unknown name 'requst.method' (did you mean 'request.method'?); there is request.method, request.path,"
        ),
        ("request == 1", 0, "'request' is no value; there is request.method, request.path,"),
        (
            "credential.scheme == 'l402'", 0,
            "'credential.scheme' is not known here: the credential is still being checked;"
        ),
        ("request.method", 0, "it should give true or false, and this gives a string"),
        (
            "request.method == 1", 15,
            "'==' does not go between a string and an int; convert with int(), double() or string()"
        ),
        ("1 == 1.0", 2, "'==' does not go between an int and a double; write 1, 1u or 1.0, or convert with"),
        ("request.path && true", 0, "'&&' takes a bool here, not a string"),
        ("request.path.startWith('/a')", 13, "unknown function 'startWith' (did you mean 'startsWith'?); there is"),
        (
            "request.path.startsWith(1)", 13,
            "'startsWith' does not take a string, an int; it is string.startsWith(string)"
        ),
        ("request.path.matches('a+')", 13, "regular expressions are not part of expressions here; use contains,"),
        ("[1].map(x, x) == [1]", 4, "'map' makes a list, and lists are only asked about here: use exists, all or"),
        (
            "request.headers['X-Plan'] == 'a'", 16,
            "the names of header fields are in lower case: 'x-plan', not 'X-Plan'"
        ),
        ("request.path.exists(x, true)", 13, "'exists' goes through a list or the keys of a map, not a string"),
        ("[1].exists(x, y == 1)", 14, "unknown name 'y'"),
        ("[1].exists(1, true)", 4, "'exists' takes a name and a condition:"),
        ("'a' in [1]", 4, "a string is never 'in' a list (int)"),
        ("'a' in 'abc'", 4, "'in' looks in a list or among the keys of"),
        ("has(request.path)", 4, "'request.path' is always there"),
        ("has(request)", 0, "'has' takes a member such as"),
        ("true ? 1 : 'a'", 5, "'?' chooses between values of one type, not an int and a string"),
        ("duration('5 minutes') > duration('1s')", 0, "this always fails: a text cannot be read as what it should be"),
        ("cidr('10.0.0.0/33').containsIP(client.address)", 0, "this always fails:"),
        ("{'a': 1, 'a': 2}.a == 1", 0, "this always fails: what it asks for is there more than once"),
        ("request.time.getHours('Europe/Berlin') == 1", 22, "a time zone is an offset such as '+01:00', or 'UTC':"),
    ])
    func `a mistake in the meaning is told with its place, what was expected, and a guess`(
        _ text: String,
        _ offset: Int,
        _ beginning: String
    ) {
        let mistake = mistake(text)
        #expect(mistake?.offset == offset)
        #expect(mistake?.message.hasPrefix(beginning) == true, "\(mistake?.message ?? "none")")
    }

    @Test(arguments: [
        String(repeating: "(", count: 100) + "true" + String(repeating: ")", count: 100),
        String(repeating: "[", count: 2_000), String(repeating: "!", count: 3_000) + "true",
        String(repeating: "-", count: 3_000) + "1", "true" + String(repeating: " && true", count: 200),
        String(repeating: "true ? ", count: 200), String(repeating: "a", count: 5_000),
        "[" + String(repeating: "1,", count: 1_500) + "1] == []",
        "request.json" + String(repeating: ".a", count: 500) + " == 1",
        "['" + String(repeating: "a','", count: 150) + "'].exists(a, ['" + String(repeating: "a','", count: 150)
            + "'].exists(b, a != a && b != b))",
    ])
    func `what is too long, too deep or too dear is refused when it is read`(_ text: String) {
        #expect(mistake(text) != nil)
    }

    @Test func `thirty-two operators in a row and thirty-two brackets are not too many`() {
        let chain = (0..<32).map { "\($0) == \($0)" }.joined(separator: " && ")
        let nested = String(repeating: "(", count: 32) + chain + String(repeating: ")", count: 32)
        #expect(ExpressionAnswer.to(nested) == "true")
    }

    private func mistake(_ text: String) -> ExpressionMistake? {
        do throws(ExpressionMistake) {
            _ = try Expression(text, in: .caveat, time: .system)
            return nil
        } catch {
            return error
        }
    }
}
