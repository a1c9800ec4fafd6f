"""Validates documents against a JSON Schema: prints one mistake for each, empty where it fits."""

import json
import sys

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
mistakes = []
for document in json.load(open(sys.argv[2])):
    mistake = best_match(validator.iter_errors(document))
    mistakes.append("" if mistake is None else f"{mistake.json_path}: {mistake.message}")
print(json.dumps({"mistakes": mistakes}))
