"""Prints the YAML blocks of the README as one JSON list."""

import json
import re
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as readme:
    blocks = re.findall(r"^( *)```yaml\n(.*?)^ *```$", readme.read(), re.MULTILINE | re.DOTALL)
print(json.dumps([yaml.safe_load(block) for _, block in blocks]))
