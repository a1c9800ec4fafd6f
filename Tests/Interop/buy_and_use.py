"""Buys a token with l402-requests through its lnd REST wallet, and uses it again.

Arguments: the URL of a paid resource, the URL of a node's REST interface.
Prints one JSON object: the statuses of two requests, the bodies, and how many payments were made.
"""

import json
import sys

from l402_requests import BudgetController, L402Client
from l402_requests.wallets.lnd import LndWallet

url, node = sys.argv[1:3]
client = L402Client(wallet=LndWallet(node, macaroon_hex="0201"), budget=BudgetController(max_sats_per_request=1000))
first = client.get(url)
second = client.get(url)
print(
    json.dumps(
        {
            "statuses": [first.status_code, second.status_code],
            "bodies": [first.text, second.text],
            "payments": sum(1 for record in client.spending_log.records if record.success),
        }
    )
)
