"""What botocore makes of the files of a HOME, without a network: for each profile its chain, its settings, and what is wrong.

As a program: homes as arguments, one JSON document for each.

A chain is one of
{"key": ID} | {"sso": {"url", "region", "account", "role", "session"}} | {"process": COMMAND} | {"login": ARN}
{"web_identity": FILE, "role": ARN} | {"credential_source": NAME}
{"role": ARN, "source": CHAIN, "mfa_serial", "external_id", "duration_seconds", "role_session_name"}
{"none": TRUE} | {"error": sort of exception}
"""

import json
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest import mock

import botocore.credentials as credentials
import botocore.exceptions
import botocore.session

# What decides where credentials come from. All other keys of a profile are its settings.
ORIGIN = {
    "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token",
    "role_arn", "source_profile", "credential_source", "mfa_serial", "external_id", "duration_seconds", "role_session_name",
    "web_identity_token_file", "credential_process", "login_session",
    "sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "sso_registration_scopes",
}


def told(chain):
    """Credentials whose key id is the chain they come from."""
    expiry = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"access_key": json.dumps(chain), "secret_key": "-", "token": "-", "expiry_time": expiry}


def chain_of(found):
    """The chain that credentials were made from."""
    if found is None:
        return {"none": True}
    key = found.get_frozen_credentials().access_key
    return json.loads(key) if key.startswith("{") else {"key": key}


class Fetcher:
    """Stands in for what would call AWS."""

    feature_ids = set()

    def fetch_credentials(self):
        return told(self.chain)


class AssumeRole(Fetcher):
    def __init__(self, client_creator, source_credentials, role_arn, extra_args=None, **_):
        words = {"SerialNumber": "mfa_serial", "ExternalId": "external_id", "DurationSeconds": "duration_seconds",
                 "RoleSessionName": "role_session_name"}
        given = {word: (extra_args or {}).get(name) for name, word in words.items()}
        self.chain = {"role": role_arn, "source": chain_of(source_credentials), **given}


class WebIdentity(Fetcher):
    def __init__(self, client_creator, web_identity_token_loader, role_arn, **_):
        self.chain = {"web_identity": web_identity_token_loader._web_identity_token_path, "role": role_arn}


class Sso(Fetcher):
    def __init__(self, start_url, sso_region, role_name, account_id, sso_session_name=None, **_):
        self.chain = {"sso": {"url": start_url, "region": sso_region, "account": account_id, "role": role_name,
                              "session": sso_session_name}}


def process(provider, command):
    return told({"process": command})


def login(provider):
    profile = provider._load_config().get("profiles", {}).get(provider._profile_name, {})
    session = profile.get("login_session")
    return session and credentials.Credentials(json.dumps({"login": session}), "-", "-")


def credential_source(sourcer, name):
    sourcer._get_provider(name)
    return credentials.Credentials(json.dumps({"credential_source": name}), "-", "-")


# Ids of keys that profiles will have, by profile.
KEYS = {}
load_key = credentials.SharedCredentialProvider.load


def key_to_come(provider):
    key = KEYS.get(provider._profile_name)
    return credentials.Credentials(key, "-", "-") if key else load_key(provider)


def without_aws():
    """Everything in botocore that would leave this process, replaced."""
    patches = mock.patch.multiple(
        credentials,
        AssumeRoleCredentialFetcher=AssumeRole,
        AssumeRoleWithWebIdentityCredentialFetcher=WebIdentity,
        SSOCredentialFetcher=Sso,
    )
    patches.start()
    credentials.ProcessProvider._retrieve_credentials_using = process
    # Debian's AWS CLI v2 is too old for it.
    if hasattr(credentials, "LoginProvider"):
        credentials.LoginProvider.load = login
    credentials.SharedCredentialProvider.load = key_to_come
    credentials.CanonicalNameCredentialSourcer.source_credentials = credential_source


without_aws()


def profile_session(profile):
    # Handlers are for calls.
    return botocore.session.Session(profile=profile, include_builtin_handlers=False)


def chain(full, name):
    """The chain of a profile, as a fresh session finds it."""
    session = profile_session(name)
    session._config = full
    resolver = credentials.create_credential_resolver(session)
    for machine in ("container-role", "iam-role", "ec2-credentials-file", "boto-config"):
        resolver.remove(machine)
    try:
        return chain_of(resolver.load_credentials())
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        return {"error": type(error).__name__}


def flat(settings):
    found = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            found.update({f"{key}.{nested}": text for nested, text in value.items()})
        else:
            found[key] = value
    return found


def environment(home):
    """As the person has it, with nothing of this machine."""
    files = {"AWS_CONFIG_FILE": ".aws/config", "AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials"}
    paths = {name: str(Path(home, path)) for name, path in files.items()}
    return {"HOME": str(home), "PATH": os.environ.get("PATH", ""), "AWS_EC2_METADATA_DISABLED": "true", **paths}


def view(home, keys=None):
    """All that botocore sees: {"error"}, or {"profiles": {name: {"chain", "settings", "raw"}}, "sso_sessions"}.

    `keys` are ids of keys that profiles will have once somebody has logged in or added them.
    """
    with mock.patch.dict(os.environ, environment(home), clear=True):
        try:
            full = botocore.session.Session(include_builtin_handlers=False).full_config
        except (botocore.exceptions.BotoCoreError, UnicodeError, ValueError) as error:
            return {"error": type(error).__name__}
        KEYS.clear()
        KEYS.update(keys or {})
        profiles = {
            name: {
                "chain": chain(full, name),
                "settings": {key: text for key, text in flat(raw).items() if key.split(".")[0] not in ORIGIN},
                "raw": flat(raw),
            }
            for name, raw in full["profiles"].items()
        }
        return {"profiles": profiles, "sso_sessions": full.get("sso_sessions", {})}


if __name__ == "__main__":
    for home in sys.argv[1:]:
        print(json.dumps(view(home), indent=1, ensure_ascii=False))
