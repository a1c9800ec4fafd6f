"""Decodes BOLT 11 invoices with the package bolt11: one a line on standard input, one JSON object a line out.

The package computes the payee from the signature, so a wrong signature names another payee or fails.
"""

import json
import sys

import bolt11

for line in sys.stdin:
    invoice = bolt11.decode(line.strip())
    print(
        json.dumps(
            {
                "amount_msat": invoice.amount_msat,
                "payment_hash": invoice.payment_hash,
                "payment_secret": invoice.payment_secret,
                "description": invoice.description,
                "expiry": invoice.expiry,
                "timestamp": invoice.date,
                "final_expiry_delta": invoice.min_final_cltv_expiry,
                "features": invoice.features.readable,
                "payee": invoice.payee,
                "signature": invoice.signature.hex,
                "signature_verified": invoice.signature.verify(invoice.payee),
                "currency": invoice.currency,
            }
        ),
        flush=True,
    )
