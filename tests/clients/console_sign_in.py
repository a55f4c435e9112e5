"""Signs in to the console as `aws login` of AWS CLI v2 does (aws-facts §13.1), with botocore's own client, proof and cache: argv
is the address of the sign-in service and the region. The page must send the browser back at once."""

import base64
import datetime
import hashlib
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid

import botocore.session
from awscrt.crypto import EC, ECExportFormat, ECType
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import _build_add_dpop_header_handler
from botocore.utils import JSONFileCache, LoginTokenLoader, get_login_token_cache_directory

CLIENT_ID = "arn:aws:signin:::devtools/same-device"
REDIRECT_URI = "http://127.0.0.1:1/oauth/callback"


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def code_of_page(endpoint: str, challenge: str) -> str:
    state = str(uuid.uuid4())
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "state": state,
        "code_challenge_method": "SHA-256",
        "scope": "openid",
        "redirect_uri": REDIRECT_URI,
        "code_challenge": challenge,
    }
    url = f"{endpoint}/v1/authorize?{urllib.parse.urlencode(query)}"
    try:
        urllib.request.build_opener(Stay).open(url)
    except urllib.error.HTTPError as answer:
        back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))
        assert back["state"] == state
        return back["code"]
    raise SystemExit("the page sent nobody back")


def main() -> None:
    endpoint, region = sys.argv[1:]
    verifier = base64.urlsafe_b64encode(uuid.uuid4().bytes * 3).decode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    key = EC.new_generate(ECType.P_256)
    config = Config(signature_version=UNSIGNED)
    client = botocore.session.Session().create_client("signin", region, endpoint_url=endpoint, config=config)
    client.meta.events.register("before-call.signin.CreateOAuth2Token", _build_add_dpop_header_handler(key))
    answer = client.create_o_auth2_token(
        tokenInput={
            "clientId": CLIENT_ID,
            "grantType": "authorization_code",
            "code": code_of_page(endpoint, challenge),
            "codeVerifier": verifier,
            "redirectUri": REDIRECT_URI,
        }
    )["tokenOutput"]
    claims = answer["idToken"].split(".")[1]
    login_session = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=answer["expiresIn"])
    pem = base64.encodebytes(key.export_key(ECExportFormat.SEC1)).decode().replace("\n", "")
    lines = "\n".join(pem[start : start + 64] for start in range(0, len(pem), 64))
    token = {
        "accessToken": {
            **answer["accessToken"],
            "accountId": login_session.split(":")[4],
            "expiresAt": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "tokenType": answer["tokenType"],
        "clientId": CLIENT_ID,
        "refreshToken": answer["refreshToken"],
        "idToken": answer["idToken"],
        "dpopKey": f"-----BEGIN EC PRIVATE KEY-----\n{lines}\n-----END EC PRIVATE KEY-----\n",
    }
    LoginTokenLoader(JSONFileCache(get_login_token_cache_directory())).save_token(login_session, token)


main()
