"""Prints who boto3 is: the Arn of GetCallerIdentity for the profile in AWS_PROFILE, and again for each line of stdin if READER_REPEATS."""

import os
import sys

import boto3


def main() -> int:
    try:
        client = boto3.Session().client("sts")
        print(client.get_caller_identity()["Arn"], flush=True)
        for _ in sys.stdin if os.environ.get("READER_REPEATS") else []:
            print(client.get_caller_identity()["Arn"], flush=True)
    except (Exception, EOFError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
