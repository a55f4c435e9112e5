"""How botocore gets the credentials of each profile of a HOME: JSON lines of {"home"} in, one line of {NAME: CHAIN} out.

The argument is whose botocore: "boto3", "aws-cli-v1" with AWS CLI's own session, or "aws-cli-v2", in whose Python this runs.
Chains are those of profile_chains.py; {"error"} stands for each profile of files that it refuses.
"""

import json
import os
import sys

READER = sys.argv[1]
if READER == "aws-cli-v2":
    # From here on `botocore` is its own copy.
    import awscli  # noqa: F401

import profile_chains  # noqa: E402

if READER == "aws-cli-v1":
    import awscli.clidriver

    DRIVERS = {}

    def profile_session(profile):
        """The session of `aws --profile NAME`."""
        home = os.environ["AWS_CONFIG_FILE"]
        if home not in DRIVERS:
            DRIVERS.clear()
            DRIVERS[home] = awscli.clidriver.create_clidriver()
        session = DRIVERS[home].session
        session.set_config_variable("profile", profile)
        return session

    profile_chains.profile_session = profile_session

for line in sys.stdin:
    found = profile_chains.view(json.loads(line)["home"])
    ways = {name: profile["chain"] for name, profile in found.get("profiles", {}).items()}
    print(json.dumps({"ways": ways, "error": found.get("error")}), flush=True)
