import GatewayKit
import Testing

/// What CEL's published conformance tests ask (google/cel-spec, tests/simple/testdata), in examples of our own: each names
/// the file and the section whose rule it is about.
struct ExpressionLanguageTests {
    private static let cases: [(String, String, String)] = [
        // basic: literals
        ("basic/self_eval_zeroish", "0", "0"), ("basic/self_eval_zeroish", "0u", "0u"),
        ("basic/self_eval_zeroish", "0.0", "0.0"), ("basic/self_eval_zeroish", "''", "''"),
        ("basic/self_eval_zeroish", "false", "false"), ("basic/self_eval_zeroish", "null", "null"),
        ("basic/self_eval_zeroish", "[]", "[]"), ("basic/self_eval_zeroish", "{}", "{}"),
        ("basic/self_eval_nonzeroish", "-9223372036854775808", "-9223372036854775808"),
        ("basic/self_eval_nonzeroish", "0xff", "255"), ("basic/self_eval_nonzeroish", "-2.5e-1", "-0.25"),
        ("basic/self_eval_nonzeroish", "['a', 1, null]", "['a', 1, null]"),
        ("basic/self_eval_nonzeroish", "{'a': 1, 2: true}", "{'a': 1, 2: true}"),
        // parse: strings, precedence, white space
        ("parse/string_literals", #"'\x41\101\u0041\U00000041'"#, "'AAAA'"),
        (
            "parse/string_literals",
            #"'\a\b\f\n\r\t\v\\\?\"\'\`' == "\x07\x08\x0c\x0a\x0d\x09\x0b\x5c\x3f\x22\x27\x60""#, "true"
        ),
        ("parse/string_literals", #"r'\d' + R"\d""#, #"'\d\d'"#),
        ("parse/string_literals", "'''it's''' + \"\"\"\"\"\"", "'it's'"),
        ("parse/operators", "1 + 2 * 3 - 4 / 2 % 3", "5"), ("parse/operators", "-(1) - -1", "0"),
        ("parse/operators", "true || false && false", "true"), ("parse/operators", "1 < 2 == true", "true"),
        ("parse/operators", "true ? (false ? 1 : 2) : false ? 3 : 4", "2"), ("parse/comments", "1 // one\n + 1", "2"),
        ("parse/selectors", "{'x-y': 7}.`x-y`", "7"),
        // integer_math, fp_math
        ("integer_math/int64_math", "9223372036854775807 + 1", "failed: overflow"),
        ("integer_math/int64_math", "-9223372036854775807 - 2", "failed: overflow"),
        ("integer_math/int64_math", "5000000000 * 5000000000", "failed: overflow"),
        ("integer_math/int64_math", "-(-9223372036854775808)", "failed: overflow"),
        ("integer_math/int64_math", "-9223372036854775808 / -1", "failed: overflow"),
        ("integer_math/int64_math", "7 / 0", "failed: divisionByZero"),
        ("integer_math/int64_math", "7 % 0", "failed: divisionByZero"),
        ("integer_math/int64_math", "-7 / 2", "-3"), ("integer_math/int64_math", "-7 % 2", "-1"),
        ("integer_math/uint64_math", "1u - 2u", "failed: overflow"), ("integer_math/uint64_math", "7u / 2u", "3u"),
        ("fp_math/fp_math", "1.0 / 0.0", "inf"), ("fp_math/fp_math", "0.0 / 0.0 == 0.0 / 0.0", "false"),
        // comparisons
        ("comparisons/eq_literal", "dyn(1) == 1u && dyn(1) == 1.0", "true"),
        ("comparisons/eq_literal", "dyn('1') == 1", "false"),
        ("comparisons/eq_literal", "{'a': 1, 'b': [2]} == {'b': [2], 'a': 1}", "true"),
        ("comparisons/eq_literal", "[1, 2] == [2, 1]", "false"),
        ("comparisons/lt_literal", "'a' < 'b' && 'ab' < 'b' && '' < 'a'", "true"),
        ("comparisons/lt_literal", "1 < 1.5 && -1 < 0u && 1u < 2", "true"),
        ("comparisons/lt_literal", "false < true", "true"),
        ("comparisons/lt_literal", "dyn('a') < 1", "failed: type"),
        ("comparisons/in_list_literal", "2u in [1, 2]", "true"),
        ("comparisons/in_map_literal", "'b' in {'a': 1}", "false"),
        // logic: a side that decides counts more than one that fails
        ("logic/AND", "false && 1 / 0 > 0", "false"), ("logic/AND", "1 / 0 > 0 && false", "false"),
        ("logic/AND", "1 / 0 > 0 && true", "failed: divisionByZero"), ("logic/OR", "1 / 0 > 0 || true", "true"),
        ("logic/OR", "true || 1 / 0 > 0", "true"), ("logic/OR", "false || 1 / 0 > 0", "failed: divisionByZero"),
        ("logic/NOT", "!!true", "true"), ("logic/conditional", "1 / 0 > 0 ? 1 : 2", "failed: divisionByZero"),
        ("logic/conditional", "true ? 1 : 1 / 0", "1"),
        // lists, fields
        ("lists/concatenation", "[1] + [] + [2]", "[1, 2]"), ("lists/index", "[7, 8][1]", "8"),
        ("lists/index", "[7][dyn(0.0)]", "7"), ("lists/index", "[7][1]", "failed: absent"),
        ("lists/index", "[7][-1]", "failed: absent"),
        ("fields/map_fields", "{'a': 1}['a'] + {'a': 2}.a", "3"), ("fields/map_fields", "{'a': 1}.b", "failed: absent"),
        ("fields/map_has", "has({'a': 1}.a) && !has({'a': 1}.b)", "true"),
        ("fields/map_fields", "{1: 2}[dyn(1u)]", "2"),
        ("fields/map_fields", "dyn([]).a", "failed: type"),
        // macros
        ("macros/exists", "[1, 2].exists(x, x > 1)", "true"), ("macros/exists", "[].exists(x, true)", "false"),
        ("macros/exists", "[0, 1].exists(x, 1 / x == 1)", "true"),
        ("macros/exists", "[0, 2].exists(x, 1 / x == 1)", "failed: divisionByZero"),
        ("macros/exists", "{'a': 1}.exists(k, k == 'a')", "true"), ("macros/all", "[1, 2].all(x, x > 1)", "false"),
        ("macros/all", "[].all(x, false)", "true"), ("macros/all", "[0, 2].all(x, 1 / x == 9)", "false"),
        ("macros/exists_one", "[1, 2, 2].exists_one(x, x == 2)", "false"),
        ("macros/exists_one", "[1, 2].existsOne(x, x == 2)", "true"),
        ("macros/exists_one", "[0, 1].exists_one(x, 1 / x == 1)", "failed: divisionByZero"),
        ("macros/nested", "[[1], [2, 3]].exists(l, l.all(x, l.size() > 1 && x > 1))", "true"),
        // string, string_ext
        ("string/size", "'four'.size() + size('ÄÖ') + size([1]) + {'a': 1}.size()", "8"),
        (
            "string/starts_with", "'foobar'.startsWith('foo') && !'foo'.startsWith('foobar') && ''.startsWith('')",
            "true"
        ),
        ("string/ends_with", "'foobar'.endsWith('bar') && !'bar'.endsWith('foobar')", "true"),
        ("string/contains", "'foobar'.contains('oba') && 'x'.contains('') && !''.contains('x')", "true"),
        ("string/concatenation", "'he' + 'llo' + ''", "'hello'"),
        ("string_ext/lower_ascii", "'TacoCÆt'.lowerAscii() + 'tacoCÆt'.upperAscii()", "'tacocÆtTACOCÆT'"),
        ("string_ext/trim", "' \t text \\u00a0'.trim()", "'text'"),
        ("string_ext/split", "'a,b,,c'.split(',')", "['a', 'b', '', 'c']"),
        ("string_ext/split", "'aé'.split('')", "['a', 'é']"),
        // conversions
        ("conversions/int", "int('-42') + int(1.9) + int(-1.9) + int(7u)", "-35"),
        ("conversions/int", "int(dyn(1e99))", "mistake: this always fails: a number or a time is out of range"),
        ("conversions/uint", "uint(3.9) + uint('7')", "10u"),
        ("conversions/uint", "uint(dyn(-1))", "mistake: this always fails: a number or a time is out of range"),
        ("conversions/double", "double('1.5e1') + double(2)", "17.0"),
        ("conversions/bool", "bool('True') && !bool('f')", "true"),
        ("conversions/string", "string(1) + string(2u) + string(-4.5e-3) + string(true)", "'12-0.0045true'"),
        ("conversions/identity", "string(timestamp(timestamp(0)))", "'1970-01-01T00:00:00Z'"),
        // timestamps
        ("timestamps/timestamp_selectors", "timestamp('2024-02-29T23:59:58.5Z').getDayOfYear()", "59"),
        ("timestamps/timestamp_selectors", "timestamp('2024-02-29T00:00:00Z').getDayOfWeek()", "4"),
        ("timestamps/timestamp_selectors", "timestamp('2024-02-29T00:00:00Z').getMonth()", "1"),
        ("timestamps/timestamp_selectors_tz", "timestamp('2024-02-29T23:30:00Z').getDate('+01:00')", "1"),
        ("timestamps/timestamp_selectors_tz", "timestamp('2024-02-29T00:30:00Z').getHours('-02:15')", "22"),
        ("timestamps/duration_converters", "duration('1h30m').getMinutes() + duration('-90s').getSeconds()", "0"),
        (
            "timestamps/timestamp_arithmetic",
            "timestamp('2024-01-01T00:00:00Z') - timestamp('2023-12-31T23:00:00Z') == duration('1h')", "true"
        ),
        ("timestamps/timestamp_range", "timestamp('9999-12-31T23:59:59Z') + duration('1s')", "failed: overflow"),
        ("timestamps/duration_arithmetic", "string(duration('1.5s') + duration('250ms'))", "'1.75s'"),
        (
            "timestamps/timestamp_conversions", "string(timestamp('2024-02-29T01:00:00.25+01:00'))",
            "'2024-02-29T00:00:00.25Z'"
        ),
        // network_ext
        (
            "network_ext/cidr",
            "cidr('10.0.0.0/8').containsIP(ip('10.1.2.3')) && !cidr('10.0.0.0/8').containsIP('11.0.0.1')", "true"
        ),
        ("network_ext/cidr", "cidr('2001:db8::/32').containsCIDR('2001:db8:1::/48')", "true"),
        (
            "network_ext/ip_type",
            "isIP('::1') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4') && isCIDR('::/0') && !isCIDR('::1')", "true"
        ),
        ("network_ext/ipv4", "ip('169.254.0.1').isLinkLocalUnicast() && ip('127.0.0.1').isLoopback()", "true"),
        ("network_ext/ipv6", "ip('2001:DB8::1') == ip('2001:db8::1') ? string(ip('::1')) : ''", "'::1'"),
    ]

    @Test(arguments: cases)
    func `an expression gives what CEL gives`(_ section: String, _ text: String, _ expected: String) {
        #expect(ExpressionAnswer.to(text) == expected, "\(section)")
    }
}
