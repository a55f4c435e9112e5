"""Logs in to SSO as AWS CLI v2 does, with AWS CLI's own code: argv is the endpoint, the start URL, the region and, for
an sso-session, its name. The token and registration go to ~/.aws/sso/cache, where AWS CLI keeps them."""

import os
import sys

import awscli.botocore.session
from awscli.botocore.credentials import JSONFileCache
from awscli.botocore.utils import SSOTokenFetcher


def main() -> None:
    endpoint, start_url, region, *session_name = sys.argv[1:]
    session = awscli.botocore.session.Session()

    def create_client(service, config):
        return session.create_client(service, config=config, endpoint_url=endpoint)

    cache = JSONFileCache(os.path.expanduser(os.path.join("~", ".aws", "sso", "cache")))
    fetcher = SSOTokenFetcher(sso_region=region, client_creator=create_client, cache=cache, sleep=lambda _: None)
    fetcher.fetch_token(
        start_url=start_url,
        session_name=session_name[0] if session_name else None,
        registration_scopes=["sso:account:access"] if session_name else None,
    )


main()
