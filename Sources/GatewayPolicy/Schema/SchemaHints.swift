/// What cannot be heard when settings are read, and what a key means where its name does not say.
enum SchemaHints {
    /// Keys that are looked for among all keys, and never asked for.
    static let keys: [String: [String]] = ["mpp/meter": ["bytes"]]

    /// Keys that are values: `{ 10/day }`.
    static let patterns: [String: JSONValue] = ["free-quota": ["^[0-9]+/": ["type": "null"]]]

    /// A word, or an expression, which no word is.
    private static let limited: JSONValue = [
        "anyOf": [
            ["enum": ["token", "address", "route"]], ["const": "service"],
            ["type": "string", "pattern": "[^A-Za-z-]"],
        ]
    ]

    /// What cannot be heard because no value that is tried is accepted.
    static let replacements: [String: JSONValue] = [
        "rate-limit/per": limited,
        "rate-limit/*/per": limited,
        // The names are those of the policy's own nodes, and each node has the keys of its kind beside those of a member.
        "pool/members": ["type": "object"],
        "price/node": ["$ref": "#/$defs/texts"],
        // Which keys a source needs depends on whether it is asked.
        "rates/sources": ["type": "array", "items": ["$ref": "#/$defs/rate-source"]],
        "route/allow": ["$ref": "#/$defs/allow"],
        "route/pipeline": ["$ref": "#/$defs/pipeline"],
        // Refused beside a method that is not known to name one.
        "route/match/tool": ["$ref": "#/$defs/texts"],
        "route/match/resource": ["$ref": "#/$defs/texts"],
        "route/match/prompt": ["$ref": "#/$defs/texts"],
    ]

    /// By path: the word of a plugin, or of a part of a policy, and keys.
    static let notes: [String: String] = [
        "access-log/sample": "The share of requests that are logged: 0.1 for one in ten.",
        "access-log/to": "stderr, stdout or the path of a file, which SIGHUP opens anew.",
        "admin/listen": "Where the operator is answered; never an address that everybody reaches.",
        "caveats": "Everything that a credential carries must be understood and hold.",
        "caveats/ignore": "Conditions that may stand in a credential although nothing verifies them.",
        "cln/rune": "What createrune of Core Lightning prints; for the methods that the gateway asks, and no others.",
        "cors": "Lets pages of other origins call the route; stands first.",
        "cors/expose": "Fields of responses that pages may read, beside the usual ones.",
        "cors/max-age": "How long browsers keep the answer to a preflight.",
        "ext-authz": "Asks a service of Envoy's external authorisation whether the request may pass.",
        "ext-authz/context": "Told to the service as it stands here, in context_extensions.",
        "ext-authz/on-failure": "Where the service does not answer: 503, or the request goes on.",
        "ext-authz/with-body": "Sends the body, whole; a longer one is answered 413.",
        "forward/host": "What the upstream is asked for as, instead of the client's host.",
        "forward/rewrite": "Another path: all of it, or a prefix by { from: /v1, to: /new }.",
        "forward/strip": "A prefix that is taken off the path.",
        "free-quota/ipv4": "Which IPv4 addresses count as one client: /24.",
        "free-quota/ipv6": "Which IPv6 addresses count as one client: /48.",
        "free-quota/limit": "Free requests and their period, such as 10/day, for each block of addresses.",
        "grpc/conditions": "The caveats that the service answers for; without it all that nothing else understands.",
        "invoices": "How many invoices that nobody has paid yet there may be.",
        "invoices/at-once": "Invoices that are being made; more are answered 503.",
        "invoices/open": "Open invoices in all; more are answered 503.",
        "invoices/per-client": "Open invoices of one address; beyond it they are given again, or 429.",
        "l402/capabilities": "Parts of the service that tokens are sold for.",
        "l402/constraints": "Caveats that tokens are sold with; each needs a verifier.",
        "l402/tier": "0 is the lowest; a token opens the tier that it was sold for.",
        "l402/valid-for": "How long a token opens the service after it was sold.",
        "l402/verify": "preimage: the proof of payment suffices; node: the node must have said so too.",
        "listen/discovery": "Tells what is for sale: /openapi.json, /llms.txt, /.well-known/l402.json.",
        "listen/min-body-rate": "Slower bodies are refused, after 'body-grace'.",
        "listen/proxy-protocol": "Takes client addresses from PROXY headers of 'trusted-proxies'.",
        "listen/trusted-proxies": "Networks whose X-Forwarded-For is believed; unix for peers of a socket.",
        "lnbits/key": "The wallet's invoice key, which cannot spend.",
        "lnbits/poll": "How often the wallet is asked for what has arrived.",
        "lnd/network": "Where the node is; its invoices are given out for no other network.",
        "lnd/private": "Invoices name ways through channels that are not announced.",
        "mpp/charge-on": "request: sending it uses a payment up; success: an answer 5xx, or a failed call, does not.",
        "mpp/deposit": "What opens a session; twenty times the price where it is not said.",
        "mpp/digest": "The longest request body that a challenge is bound to.",
        "mpp/header": "The field that credentials are to stand in.",
        "mpp/insecure": "Makes offers over plain HTTP too.",
        "mpp/intents": "charge pays for one request; session for many.",
        "mpp/max-refund-fee": "What paying a deposit back may cost.",
        "mpp/meter": "What a unit of a session buys: request, event, or { bytes: 16 KiB }.",
        "mpp/replay": "The longest response that is kept, to be sent again for the same payment.",
        "mpp/session-secret": "bound: a session needs more than the preimage, which others may know.",
        "mpp/session-timeout": "How long a stream waits for a top-up.",
        "pass": "Ends a pipeline whose requests another proxy forwards (sluice ext-authz).",
        "phoenixd/password": "http-password-limited-access of phoenix.conf; http-password for what is paid back.",
        "phoenixd/poll": "How often phoenixd is asked for what has arrived.",
        "phoenixd/refunds": "Pays back what is left of sessions.",
        "phoenixd/webhook": "Where phoenixd may tell of payments: the gateway then asks at once.",
        "pool": "Several nodes as one: order, or weight.",
        "pool/members": "By name: a node each, with weight, daily-limit and named-only beside its own keys.",
        "pow": "Proof of work instead of a payment; each bit doubles it.",
        "price/expiry": "How long an offer and its invoice stand.",
        "price/node": "Which nodes of the pool take the payments; none: those that need not be named.",
        "price/skip-invoice": "Where no offer is made and 401 is answered: true, or paths.",
        "rate-limit": "429 for what comes faster; stands before 'price'.",
        "rate-limit/burst": "How many requests may come at once after a pause.",
        "rate-limit/max-keys": "The most tokens and addresses that are counted at a time.",
        "rate-limit/per": "token: for each token, or each address where there is none; or an expression.",
        "rates": "What bitcoin costs in other currencies, for prices such as 0.02 USD.",
        "rates/max-age": "No rate is sold by that is older.",
        "rates/max-deviation": "Sources that differ by more are not believed: 2%.",
        "rates/refresh": "How often each source is asked.",
        "reload/factor": "A price may fall to this part of itself: 2 is the half.",
        "reload/guard": "money: no reload makes a paid request free, or much cheaper, unless it is allowed to.",
        "reload/watch": "Takes up changes of every file that was read, by itself.",
        "respond": "Answers every request alike, without an upstream.",
        "route/match": "The most specific route wins; two that fit the same request are a mistake.",
        "route/match/grpc": "package.Service/Method or package.Service/*.",
        "route/match/host": "Without the port: api.example.com or *.example.com.",
        "route/match/method": "One or a list; GET stands for HEAD too. None: every method.",
        "route/match/path": "/v1/quotes, /v1/quotes/* or /v1/{name}/quotes.",
        "route/match/regex": "Fits all of a path; for what 'path' cannot say.",
        "route/max-body": "A longer request body is answered 413 before anything is paid.",
        "route/service": "What is sold: a token opens all routes of its service.",
        "service/higher-tiers": "Opens for tokens of higher tiers too.",
        "upstream/balance": "How one of several addresses is chosen.",
        "upstream/keep-idle": "How long a connection that nobody uses is kept.",
        "upstream/max-failures": "After so many in a row an address is left out for a while.",
        "upstream/max-waiting": "Requests that wait for a connection; more are answered 503.",
        "upstream/resolve-every": "How often the addresses of a name are looked up.",
        "upstream/timeout": "Until the head of a response.",
        "upstream/total-timeout": "Until the end of a response.",
        "upstream/url": "http://, https://, h2c://, h2:// or unix:, or a list of several alike.",
    ]
}
