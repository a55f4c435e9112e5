"""Prints the YAML blocks of a Markdown page as one JSON list."""

import json
import re
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as page:
    blocks = re.findall(r"^( *)```yaml\n(.*?)^ *```$", page.read(), re.MULTILINE | re.DOTALL)
print(json.dumps([yaml.safe_load(block) for _, block in blocks]))
