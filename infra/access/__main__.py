"""``python -m infra.access <command>``: credentials of a tenant, operators; see ``--help``."""

from __future__ import annotations

import argparse
import base64
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from postgrest.exceptions import APIError

from functions.common.auth.access import ROLES
from functions.common.auth.api_keys import draw_key_id, make_api_key
from infra.access.drawing import SECRETS, draw_secret
from infra.access.invitation import Account, Inviter
from infra.access.operators import add_operator_commands
from infra.access.project import Project
from infra.local.state import StateError
from llm_observe.errors import ConfigurationError, TokenRefusedError
from llm_observe.privacy.protection import derive_digest_key, write_derived_key

_Add = Callable[..., argparse.ArgumentParser]


def main() -> int:
    """Run a command; an error that a user can meet is one line and exit code 1."""
    options = _parse()
    try:
        sys.stdout.write(options.run(options) + "\n")
    except (ConfigurationError, StateError, TokenRefusedError) as error:
        return _fail(str(error))
    except APIError as error:
        return _fail(f"{error.message} {error.hint or ''}".rstrip())
    except httpx.HTTPError as error:
        return _fail(f"The project did not answer ({type(error).__name__}). Is SUPABASE_URL right?")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.access")
    add = parser.add_subparsers(required=True).add_parser
    secrets = add("secrets", help="draw a deployment's three secrets")
    secrets.set_defaults(run=_draw_secrets)
    add_operator_commands(add)
    made, ending = _add_credentials(add), _add_endings(add)
    for command in (*made, *ending, _add_content_capture(add)):
        command.add_argument("--tenant", required=True, help="whose it is")
    return parser.parse_args()


def _add_credentials(add: _Add) -> list[argparse.ArgumentParser]:
    key = add("key", help="make an API key, which is shown this once")
    key.add_argument("--scopes", default="read", help="any of ingest, read and admin, with commas")
    key.add_argument("--environment", default="live", help="the word in lo_<word>_…")
    key.set_defaults(run=_make_key)
    token = add("ingest-token", help="let an application write straight to Supabase")
    token.add_argument("--to", type=Path, help="write the settings to this new file, not here")
    token.set_defaults(run=_issue_ingest_token)
    member = add("member", help="give a Supabase user a role in a tenant")
    member.add_argument("--user", required=True, help="the user's UUID")
    member.add_argument("--role", default="owner", choices=ROLES)
    member.set_defaults(run=_set_member)
    invite = add("invite", help="let somebody in by address, who need not have an account yet")
    invite.add_argument("--email", required=True, help="where Supabase Auth writes to")
    invite.add_argument("--role", default="owner", choices=ROLES)
    invite.add_argument("--dashboard", help="its address; default LLM_OBSERVE_DASHBOARD_URL")
    invite.add_argument("--show-link", action="store_true", help="print the link, send no mail")
    invite.set_defaults(run=_invite)
    for command in (key, token):
        command.add_argument("--name", default="made on the command line", help="what you call it")
        command.add_argument("--days", type=int, default=90, help="how long it works; default 90")
    return [key, token, member, invite]


def _add_endings(add: _Add) -> list[argparse.ArgumentParser]:
    revoke = add("revoke", help="end an API key or an ingest token")
    revoke.add_argument("--key-id", required=True, help="its public id, 8 characters")
    revoke.set_defaults(run=_revoke)
    shred = add("shred", help="make a tenant's digests meaningless, for good")
    shred.set_defaults(run=_shred)
    leave = add("remove-member", help="take a Supabase user out of a tenant")
    leave.add_argument("--user", required=True, help="the user's UUID")
    leave.set_defaults(run=_remove_member)
    restore = add("restore-tenant", help="let a deleted tenant begin anew")
    restore.set_defaults(run=_restore)
    for command in (revoke, leave):
        command.add_argument(
            "--keep-keys", action="store_true", help="let the keys that it made work on"
        )
    return [revoke, shred, leave, restore]


def _add_content_capture(add: _Add) -> argparse.ArgumentParser:
    capture = add("content-capture", help="say whose content is stored")
    capture.add_argument(
        "--mode",
        required=True,
        choices=("follow", "off", "on"),
        help="as each process captures it; none; that of ingest tokens, too",
    )
    capture.set_defaults(run=_set_content_capture)
    return capture


def _draw_secrets(_options: argparse.Namespace) -> str:
    """Give what goes into Secrets Manager; the signing key also into Supabase, before."""
    return "\n".join(f"{name}={draw_secret(name)}" for name in SECRETS)


def _make_key(options: argparse.Namespace) -> str:
    project = Project.find()
    key = make_api_key(options.environment)
    wanted = {"name": options.name, "environment": options.environment}
    wanted |= {"key_id": key.key_id, "digest": key.digest(project.pepper)}
    scopes = {"scopes": options.scopes.split(","), "expires_at": _expire(options.days)}
    project.call(options.tenant, "create_api_key", wanted | scopes)
    return key.text


def _issue_ingest_token(options: argparse.Namespace) -> str:
    """Give the application's settings: the token, and the tenant's own digest key."""
    project = Project.find()
    if options.to is not None and options.to.exists():
        raise StateError(f"{options.to} is there already. Name a new file.")
    key_id, tenant = draw_key_id(), options.tenant
    wanted = {"key_id": key_id, "name": options.name, "expires_at": _expire(options.days)}
    digest = project.call(tenant, "create_ingest_token", wanted)["digest"]
    token = project.make_minter().issue_ingest_token(tenant, key_id, days=options.days)
    lines = {
        "SUPABASE_URL": project.settings.supabase_url,
        "SUPABASE_PUBLISHABLE_KEY": project.settings.supabase_key,
        "LLM_OBSERVE_INGEST_TOKEN": token,
    }
    if project.settings.digest_key and digest:
        salt = base64.b64decode(digest["salt"])
        own = derive_digest_key(
            project.settings.digest_key, tenant=tenant, kid=digest["kid"], salt=salt
        )
        lines["LLM_OBSERVE_DIGEST_KEY"] = write_derived_key(own)
    settings = "\n".join(f"{name}={value}" for name, value in lines.items())
    ending = f"revoke --key-id {key_id} --tenant {tenant}"
    told = f'# Token {key_id}; to end it: make access ARGS="{ending}"'
    if options.to is None:
        return f"{told}\n{settings}"
    _write_new_file(options.to, f"{told}\n{settings}\n")
    return f"{options.to} has the settings of {tenant}.\n{told}"


def _write_new_file(path: Path, text: str) -> None:
    """Write what only its owner may read; never over a file that is there."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise StateError(f"{path} cannot be written ({error.strerror}).") from error


def _set_member(options: argparse.Namespace) -> str:
    wanted = {"user_id": options.user, "role": options.role}
    made = Project.find().call(options.tenant, "set_membership", wanted)
    return f"{made['user_id']} is {made['role']} of {made['tenant_id']}."


def _invite(options: argparse.Namespace) -> str:
    """Give an account and the role; a member keeps the role that they have."""
    project = Project.find()
    # Before any mail: a tenant that is malformed or was deleted is refused here.
    members = project.call(options.tenant, "list_members", {})["members"]
    inviter = Inviter.of(project, options.dashboard)
    email = options.email.strip()
    account = inviter.make_link(email) if options.show_link else inviter.invite(email)
    role = next((m["role"] for m in members if m["user_id"] == account.user_id), None)
    if role is None:
        wanted = {"user_id": account.user_id, "role": options.role}
        role = project.call(options.tenant, "set_membership", wanted)["role"]
    told = f"{email} ({account.user_id}) is {role} of {options.tenant}."
    return f"{told}\n{_tell_way_in(account)}"


def _tell_way_in(account: Account) -> str:
    if account.link is not None:
        return f"Pass this link on; it works once:\n{account.link}"
    if account.mailed:
        return "Supabase Auth mailed an invitation, which confirms the address and logs in."
    return "They have an account and log in as before; no mail was sent."


def _revoke(options: argparse.Namespace) -> str:
    wanted = {"key_id": options.key_id, "children": _choose(options)}
    ended = Project.find().call(options.tenant, "revoke_api_key", wanted)
    return f"{ended['key_id']} was revoked at {ended['revoked_at']}.{_tell(ended['children'])}"


def _remove_member(options: argparse.Namespace) -> str:
    """Tell, too, whom the user let in: they stay, and somebody has to decide that they should."""
    wanted = {"user_id": options.user, "keys": _choose(options)}
    gone = Project.find().call(options.tenant, "remove_membership", wanted)
    stay = f"\nMembers whom the user let in stay: {', '.join(gone['members'])}."
    told = f"{gone['user_id']} is no member of {gone['tenant_id']} any more.{_tell(gone['keys'])}"
    return told + (stay if gone["members"] else "")


def _choose(options: argparse.Namespace) -> str:
    return "keep" if options.keep_keys else "revoke"


def _tell(keys: list[dict[str, Any]]) -> str:
    """Give a line for each key of its making."""
    return "".join(
        f"\n{key['key_id']} ({key['name']}), of its making: {key['status']}" for key in keys
    )


def _restore(options: argparse.Namespace) -> str:
    Project.find().call(options.tenant, "restore_tenant", {})
    return f"{options.tenant} may be written to again. Nothing of what it was is there."


def _shred(options: argparse.Namespace) -> str:
    """Tell, too, who goes on with a key of before: nothing here can take it back."""
    drawn = Project.find().call(options.tenant, "shred_digests", {})
    tokens = drawn["ingest_tokens"]
    told = (
        f"The digests of {options.tenant} are meaningless; new ones are {drawn['digest_key_id']}."
    )
    return told + (
        "\nBut for whoever has a key that was derived before, as these ingest tokens came with: "
        f"{', '.join(tokens)}. Issue others, and revoke them."
        if tokens
        else ""
    )


def _set_content_capture(options: argparse.Namespace) -> str:
    wanted = {"content_capture": options.mode}
    made = Project.find().call(options.tenant, "set_content_capture", wanted)
    return f"Content of {options.tenant}: {made['content_capture']}."


def _expire(days: int) -> str:
    try:
        return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        raise ConfigurationError(f"--days {days} leads beyond the year 9999.") from None


def _fail(message: str) -> int:
    sys.stderr.write(message + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
