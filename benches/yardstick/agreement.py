"""Whether the feed's documents are those of the nested reference, value by value. Sets have no order there."""

import json
from decimal import Decimal


def compare(documents, reference, key="id"):
    """Stops at the first difference; gives the number of documents that agree."""
    ours = {}
    for line in documents:
        document = parse(line)
        ours[document[key]] = document
    theirs = 0
    for line in reference:
        document = parse(line)
        theirs += 1
        if canonical(ours.get(document[key])) != canonical(document):
            raise SystemExit(f"{key} {document[key]} differs:\n{ours.get(document[key])}\n{document}")
    if len(ours) != theirs or theirs == 0:
        raise SystemExit(f"{len(ours)} documents, {theirs} in the reference")
    return theirs


def parse(line):
    # A decimal's value, however many zeros it is written with.
    return json.loads(line, parse_int=Decimal, parse_float=Decimal)


def canonical(value):
    if isinstance(value, dict):
        return {key: canonical(member) for key, member in value.items()}
    if isinstance(value, list):
        return sorted((canonical(element) for element in value), key=lambda element: json.dumps(element, default=str, sort_keys=True))
    return value.normalize() if isinstance(value, Decimal) else value
