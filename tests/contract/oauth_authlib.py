"""The authorization server against a standard client library, unmodified: Authlib (PyPI).

    pip install authlib requests
    BASE=http://127.0.0.1:8080 KEY=ak_… python tests/contract/oauth_authlib.py

KEY is an administrator's; its user's e-mail address is set when there is none. Discovers, registers, asks with
authorization code and PKCE, verifies the ID token, calls the API, refreshes, introspects, revokes.
"""

import html
import os
import re
import sys
from urllib.parse import urljoin

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata

BASE = os.environ["BASE"].rstrip("/")
KEY = os.environ["KEY"]
EMAIL = os.environ.get("EMAIL", "owner@kontor.example")
PASSWORD = os.environ.get("PASSWORD", KEY)
REDIRECT = "http://127.0.0.1:53682/callback"
# http on the loopback interface is what this script is run on.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


def step(name, passed, detail=""):
    print(f"{'ok  ' if passed else 'FAIL'} {name} {detail if not passed else ''}".rstrip())
    if not passed:
        sys.exit(1)


def owner():
    """Gives the key's user an e-mail address to sign in with."""
    call = {"headers": {"Authorization": f"Bearer {KEY}"}}
    user = requests.get(f"{BASE}/v1/users?filter[external_id]=owner", **call).json()["data"][0]
    if user.get("email") != EMAIL:
        requests.patch(f"{BASE}/v1/users/{user['id']}", json={"email": EMAIL}, **call).raise_for_status()
    return user["id"]


def submit(browser, page, **filled):
    """Sends the form of a page as a browser does."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text).group(1)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    fields = {name: html.unescape(value) for name, value in hidden} | filled
    return browser.post(urljoin(page.url, html.unescape(action)), data=fields, allow_redirects=False)


def agree(url):
    """Signs in and allows; the address that the browser is sent to."""
    browser = requests.Session()
    answer = browser.get(url, allow_redirects=False)
    while True:
        if answer.is_redirect:
            location = urljoin(answer.url, answer.headers["location"])
            if location.startswith(REDIRECT):
                return location
            answer = browser.get(location, allow_redirects=False)
        elif 'name="password"' in answer.text:
            answer = submit(browser, answer, email=EMAIL, password=PASSWORD)
        elif 'name="decision"' in answer.text:
            answer = submit(browser, answer, decision="allow")
        else:
            step("sign-in and consent", False, f"{answer.status_code} {answer.text}")


user = owner()
document = requests.get(f"{BASE}/.well-known/openid-configuration").json()
metadata = OpenIDProviderMetadata(document)
# Authlib asks for RS256 here (OpenID Connect Discovery, 3), which this server does not sign with; all else is checked.
for name in metadata.REGISTRY_KEYS:
    if name != "id_token_signing_alg_values_supported":
        getattr(metadata, f"validate_{name}", lambda: None)()
step("discovery", document["issuer"] == BASE)

registered = requests.post(
    document["registration_endpoint"],
    json={
        "client_name": "Authlib",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile email offline_access crm:read",
    },
)
step("registration", registered.status_code == 201, registered.text)
client = registered.json()

session = OAuth2Session(
    client["client_id"],
    client["client_secret"],
    scope="openid profile email offline_access crm:read",
    redirect_uri=REDIRECT,
    token_endpoint_auth_method="client_secret_basic",
    code_challenge_method="S256",
)
verifier, nonce = generate_token(64), generate_token(16)
url, state = session.create_authorization_url(document["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
back = agree(url)
step("iss in the answer (RFC 9207)", f"iss={requests.utils.quote(BASE, safe='')}" in back, back)
token = session.fetch_token(document["token_endpoint"], authorization_response=back, code_verifier=verifier)
step("code and PKCE", {"access_token", "refresh_token", "id_token"} <= set(token), token)

keys = JsonWebKey.import_key_set(requests.get(document["jwks_uri"]).json())
claims = JsonWebToken(document["id_token_signing_alg_values_supported"]).decode(
    token["id_token"],
    keys,
    claims_cls=CodeIDToken,
    claims_options={"iss": {"value": BASE}, "aud": {"value": client["client_id"]}},
    claims_params={"nonce": nonce, "client_id": client["client_id"], "access_token": token["access_token"]},
)
claims.validate()
step("ID token", claims["sub"] == user and claims["nonce"] == nonce, claims)

info = session.get(document["userinfo_endpoint"]).json()
step("userinfo", info["sub"] == user and info["email"] == EMAIL, info)
step("API", session.get(f"{BASE}/v1/customers?limit=1").status_code == 200)

first = token["refresh_token"]
token = session.refresh_token(document["token_endpoint"], refresh_token=first)
step("refresh rotates", token["refresh_token"] != first)
known = session.introspect_token(document["introspection_endpoint"], token=token["access_token"]).json()
step("introspection", known["active"] is True and known["sub"] == user, known)
gone = session.revoke_token(document["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token")
step("revocation", gone.status_code == 200, gone.text)
known = session.introspect_token(document["introspection_endpoint"], token=token["access_token"]).json()
step("revoked is dead", known == {"active": False}, known)
print("all well")
