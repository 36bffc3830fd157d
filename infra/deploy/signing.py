"""The signing key, which only the project's own settings can be made to trust."""

from __future__ import annotations

import json
import time
from typing import Final

import httpx
import jwt

from infra.deploy.deployment import SECRETS, Deployment
from infra.deploy.errors import DeployError
from infra.deploy.management import Management
from infra.deploy.steps import Seen

_TIMEOUT: Final = 10
_LIFETIME: Final = 60
_PAUSE: Final = 15.0
_UNTRUSTED: Final = "PGRST301"
"""PostgREST's code for a token whose key it does not know.
https://docs.postgrest.org/en/stable/references/errors.html"""
_PART: Final = "signing-key"
_BY_HAND: Final = """Supabase does not trust the signing key yet. By hand, once:
  1. aws secretsmanager get-secret-value --secret-id {name} --region {region} \\
       --query SecretString --output text
  2. in the project's settings under JWT keys, import that as a standby key;
  3. rotate to it after 20 minutes, when no cache lacks it; rotate back to a key of
     Supabase's own, and it stays trusted as previously used."""
_IMPORTED: Final = """The key is {how} as the project's standby key; caches have it within 20
  minutes.
  Where it is not trusted then: rotate to it in the project's settings under JWT keys, and back to
  a key of Supabase's own, so that it stays trusted as previously used."""


class SigningKey:
    """The project takes tokens that are signed with the environment's key."""

    name = "signing key"

    def look(self, deployment: Deployment) -> Seen:
        """Try it with a token that can do nothing."""
        key = deployment.cloud.read_secret(deployment.name_secret(_PART))
        if key is not None and is_trusted(deployment, key):
            return Seen(done=True, text="the project trusts it")
        return Seen(done=False, text="have it imported in the project's settings, and wait")

    def act(self, deployment: Deployment) -> str:
        """Say what to do, and wait for it as long as the command was told to."""
        key = deployment.read_secrets()[SECRETS[_PART]]
        deployment.tell(_import(deployment, key))
        end = time.monotonic() + 60 * deployment.minutes
        while not is_trusted(deployment, key):
            if time.monotonic() + _PAUSE > end:
                raise DeployError(
                    "the project does not trust it yet. Run the same command again when it is "
                    "imported, or let it wait with --wait MINUTES."
                )
            time.sleep(_PAUSE)
        return "the project trusts it"


def _import(deployment: Deployment, key: str) -> str:
    """Import the key, if there is a token to do it with, and say what is left to do."""
    answers = deployment.answers
    if not answers["supabase_access_token"]:
        name = deployment.name_secret(_PART)
        return _BY_HAND.format(name=name, region=answers["region"])
    api = deployment.variables.get("SUPABASE_API_URL")
    project = Management(answers["supabase_url"], answers["supabase_access_token"], api)
    made = project.import_standby(key)
    return _IMPORTED.format(how="imported" if made else "there")


def is_trusted(deployment: Deployment, key: str) -> bool:
    """Ask the Data API with a token of the role that anybody has.

    Raises:
        DeployError: if the project does not answer.
    """
    url = deployment.answers["supabase_url"].rstrip("/")
    headers = {
        "apikey": deployment.answers["supabase_publishable_key"],
        "Authorization": f"Bearer {_sign(key, f'{url}/auth/v1')}",
    }
    try:
        answer = httpx.get(f"{url}/rest/v1/spans?limit=0", headers=headers, timeout=_TIMEOUT)
    except httpx.HTTPError as error:
        raise DeployError(f"{url} does not answer ({type(error).__name__}).") from error
    return not (answer.status_code == httpx.codes.UNAUTHORIZED and _UNTRUSTED in answer.text)


def _sign(key: str, issuer: str) -> str:
    try:
        document = json.loads(key)
        private = jwt.PyJWK(document, algorithm="ES256").key
        head = {"kid": document["kid"]}
    except (ValueError, KeyError, TypeError, jwt.PyJWTError):
        raise DeployError("the secret of the signing key is no private ES256 JWK.") from None
    now = int(time.time())
    times = {"iat": now, "exp": now + _LIFETIME}
    claims = {"iss": issuer, "aud": "authenticated", "role": "anon", **times}
    return jwt.encode(claims, private, algorithm="ES256", headers=head)
