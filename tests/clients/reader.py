"""Prints who boto3 is: the Arn of GetCallerIdentity for the profile in AWS_PROFILE."""

import sys

import boto3


def main() -> int:
    try:
        print(boto3.Session().client("sts").get_caller_identity()["Arn"])
    except (Exception, EOFError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
