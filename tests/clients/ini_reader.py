"""Prints what botocore makes of files: JSON lines of {"path", "kind"} in, one line out for each.

A line is {"error": sort of exception} or {"sections": {"profile NAME": {key: value}}}; a nested setting is "block.key".
"""

import json
import sys

from botocore.configloader import load_config, raw_config_parse
from botocore.exceptions import ConfigParseError


def flat(settings):
    found = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            found.update({f"{key}.{nested}": text for nested, text in value.items()})
        else:
            found[key] = value
    return found


def sections(path, kind):
    if kind == "credentials":
        return {f"profile {name}": flat(settings) for name, settings in raw_config_parse(path).items()}
    loaded = load_config(path)
    sorts = {"profiles": "profile", "sso_sessions": "sso-session", "services": "services"}
    return {f"{word} {name}": flat(found) for sort, word in sorts.items() for name, found in loaded[sort].items()}


def answer(request):
    try:
        return {"sections": sections(request["path"], request["kind"])}
    except ConfigParseError as error:
        return {"error": type(error).__name__}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
