"""The official Python SDK, unchanged, against a Vouchsafe server. `cargo xtask test --only python` runs it."""

import os
import sys
import traceback

from infisical_sdk import InfisicalError, InfisicalSDKClient
from infisical_sdk.infisical_requests import APIError

HOST = os.environ["VOUCHSAFE_API_URL"]
CLIENT_ID = os.environ["VOUCHSAFE_CLIENT_ID"]
CLIENT_SECRET = os.environ["VOUCHSAFE_CLIENT_SECRET"]
PROJECT_ID = os.environ["VOUCHSAFE_PROJECT_ID"]
PROJECT_SLUG = os.environ["VOUCHSAFE_PROJECT_SLUG"]
IDENTITY_ID = os.environ["VOUCHSAFE_IDENTITY_ID"]

CHECKS = []


def check(name):
    """Registers a check; they run in the order they are written."""

    def register(body):
        CHECKS.append((name, body))
        return body

    return register


def equal(left, right):
    if left != right:
        raise AssertionError(f"{left!r} is not {right!r}")


def refused(status, call):
    """Asserts that a call is refused with this status."""
    try:
        answer = call()
    except APIError as error:
        equal(error.status_code, status)
        return
    raise AssertionError(f"not refused, answered {answer!r}")


def at(path="/", **more):
    return {"project_id": PROJECT_ID, "environment_slug": "dev", "secret_path": path, **more}


# Without the SDK's cache, so that every call reaches the server.
client = InfisicalSDKClient(host=HOST, cache_ttl=None)


@check("login with a wrong client secret is refused")
def _():
    refused(401, lambda: client.auth.universal_auth.login(CLIENT_ID, "wrong"))


@check("a call without a token is refused")
def _():
    refused(401, lambda: client.secrets.list_secrets(**at()))


@check("login")
def _():
    login = client.auth.universal_auth.login(CLIENT_ID, CLIENT_SECRET)
    equal(login.tokenType, "Bearer")
    assert login.accessToken and login.expiresIn > 0 and login.accessTokenMaxTTL > 0, login.expiresIn
    equal(client.get_token(), login.accessToken)


def logs_in(login):
    """Asserts that a login gives a token that is good for something."""
    other = InfisicalSDKClient(host=HOST, cache_ttl=None)
    reply = login(other.auth)
    equal((reply.tokenType, other.get_token()), ("Bearer", reply.accessToken))
    other.secrets.list_secrets(**at())


@check("login by AWS IAM")
def _():
    logs_in(lambda auth: auth.aws_auth.login(IDENTITY_ID))
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    os.environ["AWS_SECRET_ACCESS_KEY"] = "w" * len(secret)
    try:
        refused(401, lambda: InfisicalSDKClient(host=HOST).auth.aws_auth.login(IDENTITY_ID))
    finally:
        os.environ["AWS_SECRET_ACCESS_KEY"] = secret


@check("login by OIDC")
def _():
    token = os.environ["VOUCHSAFE_OIDC_TOKEN"]
    logs_in(lambda auth: auth.oidc_auth.login(IDENTITY_ID, token))
    head, claims, signature = token.split(".")
    forged = ".".join([head, claims, "A" * len(signature)])
    refused(401, lambda: InfisicalSDKClient(host=HOST).auth.oidc_auth.login(IDENTITY_ID, forged))


@check("login by LDAP")
def _():
    name = os.environ["VOUCHSAFE_LDAP_USERNAME"]
    logs_in(lambda auth: auth.ldap_auth.login(IDENTITY_ID, name, os.environ["VOUCHSAFE_LDAP_PASSWORD"]))
    refused(401, lambda: InfisicalSDKClient(host=HOST).auth.ldap_auth.login(IDENTITY_ID, name, "wrong"))


@check("create a secret")
def _():
    secret = client.secrets.create_secret_by_name(
        secret_name="PYTHON_ONE", secret_value="one", secret_comment="first", **at()
    )
    equal((secret.secretKey, secret.secretValue, secret.secretComment), ("PYTHON_ONE", "one", "first"))
    equal((secret.version, secret.type, secret.environment, secret.workspace), (1, "shared", "dev", PROJECT_ID))


@check("creating a secret twice is refused")
def _():
    refused(
        400,
        lambda: client.secrets.create_secret_by_name(secret_name="PYTHON_ONE", secret_value="again", **at()),
    )


@check("create a secret with metadata")
def _():
    client.secrets.create_secret_by_name(
        secret_name="PYTHON_METADATA",
        secret_value="described",
        secret_metadata=[{"key": "owner", "value": "platform"}],
        **at(),
    )
    secret = client.secrets.get_secret_by_name(secret_name="PYTHON_METADATA", **at())
    equal([(entry["key"], entry["value"]) for entry in secret.secretMetadata], [("owner", "platform")])


@check("read a secret")
def _():
    secret = client.secrets.get_secret_by_name(secret_name="PYTHON_ONE", **at())
    equal(secret.secretValue, "one")
    equal(secret.secretPath, "/")


@check("read a secret by the project's slug")
def _():
    secret = client.secrets.get_secret_by_name(
        secret_name="PYTHON_ONE", environment_slug="dev", secret_path="/", project_slug=PROJECT_SLUG
    )
    equal(secret.secretValue, "one")


@check("write a secret by the project's slug")
def _():
    there = {"environment_slug": "dev", "secret_path": "/", "project_slug": PROJECT_SLUG}
    client.secrets.create_secret_by_name(secret_name="PYTHON_SLUG", secret_value="s", **there)
    equal(client.secrets.update_secret_by_name("PYTHON_SLUG", secret_value="t", **there).secretValue, "t")
    client.secrets.delete_secret_by_name(secret_name="PYTHON_SLUG", **there)


@check("a value is hidden on request")
def _():
    secret = client.secrets.get_secret_by_name(secret_name="PYTHON_ONE", view_secret_value=False, **at())
    equal(secret.secretValueHidden, True)
    assert secret.secretValue != "one"


@check("reading a missing secret is refused")
def _():
    refused(404, lambda: client.secrets.get_secret_by_name(secret_name="PYTHON_NONE", **at()))


@check("update a secret")
def _():
    secret = client.secrets.update_secret_by_name(current_secret_name="PYTHON_ONE", secret_value="two", **at())
    equal(secret.secretValue, "two")
    read = client.secrets.get_secret_by_name(secret_name="PYTHON_ONE", **at())
    equal((read.secretValue, read.version), ("two", 2))


@check("read an earlier version")
def _():
    secret = client.secrets.get_secret_by_name(secret_name="PYTHON_ONE", version="1", **at())
    equal(secret.secretValue, "one")


@check("rename a secret")
def _():
    client.secrets.update_secret_by_name(current_secret_name="PYTHON_ONE", new_secret_name="PYTHON_TWO", **at())
    equal(client.secrets.get_secret_by_name(secret_name="PYTHON_TWO", **at()).secretValue, "two")
    refused(404, lambda: client.secrets.get_secret_by_name(secret_name="PYTHON_ONE", **at()))


@check("updating a missing secret is refused")
def _():
    refused(
        404,
        lambda: client.secrets.update_secret_by_name(current_secret_name="PYTHON_NONE", secret_value="x", **at()),
    )


@check("references are expanded")
def _():
    client.secrets.create_secret_by_name(secret_name="PYTHON_REFERENCE", secret_value="<${PYTHON_TWO}>", **at())
    secret = client.secrets.get_secret_by_name(secret_name="PYTHON_REFERENCE", **at())
    equal(secret.secretValue, "<two>")
    secret = client.secrets.get_secret_by_name(
        secret_name="PYTHON_REFERENCE", expand_secret_references=False, **at()
    )
    equal(secret.secretValue, "<${PYTHON_TWO}>")


@check("list secrets")
def _():
    listed = client.secrets.list_secrets(**at())
    values = {secret.secretKey: secret.secretValue for secret in listed.secrets}
    equal(values["PYTHON_TWO"], "two")
    equal(values["PYTHON_REFERENCE"], "<two>")
    equal(listed.imports, [])


folders = {}


@check("create folders")
def _():
    where = {"environment_slug": "dev", "project_id": PROJECT_ID}
    outer = client.folders.create_folder(name="outer", path="/", **where)
    equal((outer.name, outer.path), ("outer", "/outer"))
    folders["outer"] = outer.id
    folders["inner"] = client.folders.create_folder(
        name="inner", path="/outer", description="within", **where
    ).id


@check("list folders")
def _():
    where = {"environment_slug": "dev", "project_id": PROJECT_ID}
    top = client.folders.list_folders(path="/", **where)
    equal(sorted(folder.name for folder in top.folders), ["app", "library", "outer"])
    everything = client.folders.list_folders(path="/", recursive=True, **where)
    assert "inner" in [folder.name for folder in everything.folders], everything


@check("read a folder")
def _():
    folder = client.folders.get_folder_by_id(folders["inner"])
    equal((folder.name, folder.path, folder.projectId), ("inner", "/outer/inner", PROJECT_ID))
    equal(folder.environment.envSlug, "dev")


@check("list secrets recursively")
def _():
    client.secrets.create_secret_by_name(secret_name="PYTHON_INNER", secret_value="deep", **at("/outer/inner"))
    flat = client.secrets.list_secrets(**at())
    assert "PYTHON_INNER" not in [secret.secretKey for secret in flat.secrets]
    everything = client.secrets.list_secrets(recursive=True, **at())
    inner = [secret for secret in everything.secrets if secret.secretKey == "PYTHON_INNER"]
    equal([(secret.secretValue, secret.secretPath) for secret in inner], [("deep", "/outer/inner")])


@check("rename a folder")
def _():
    folder = client.folders.update_folder(
        folder_id=folders["inner"], name="core", environment_slug="dev", project_id=PROJECT_ID, path="/outer"
    )
    equal(folder.name, "core")
    secret = client.secrets.get_secret_by_name(secret_name="PYTHON_INNER", **at("/outer/core"))
    equal(secret.secretValue, "deep")


@check("deleting a folder that is not empty needs force")
def _():
    where = {"environment_slug": "dev", "project_id": PROJECT_ID, "path": "/"}
    refused(400, lambda: client.folders.delete_folder(folders["outer"], **where))
    equal(client.folders.delete_folder(folders["outer"], force_delete=True, **where).name, "outer")
    refused(404, lambda: client.folders.get_folder_by_id(folders["inner"]))


@check("a secret in a missing folder is refused")
def _():
    refused(
        404,
        lambda: client.secrets.create_secret_by_name(secret_name="LOST", secret_value="x", **at("/nowhere")),
    )


@check("list secrets with imports")
def _():
    listed = client.secrets.list_secrets(**at("/app"))
    equal([(entry.secretPath, entry.environment) for entry in listed.imports], [("/library", "dev")])
    # The SDK leaves the secrets of an import as they came.
    imported = [(secret["secretKey"], secret["secretValue"]) for secret in listed.imports[0].secrets]
    equal(imported, [("FROM_LIBRARY", "shelf")])


@check("list secrets without imports")
def _():
    listed = client.secrets.list_secrets(include_imports=False, **at("/app"))
    equal((listed.secrets, listed.imports), ([], []))


@check("read an imported secret")
def _():
    equal(client.secrets.get_secret_by_name(secret_name="FROM_LIBRARY", **at("/app")).secretValue, "shelf")


@check("delete a secret")
def _():
    equal(client.secrets.delete_secret_by_name(secret_name="PYTHON_TWO", **at()).secretKey, "PYTHON_TWO")
    refused(404, lambda: client.secrets.get_secret_by_name(secret_name="PYTHON_TWO", **at()))


@check("deleting a missing secret is refused")
def _():
    refused(404, lambda: client.secrets.delete_secret_by_name(secret_name="PYTHON_NONE", **at()))


@check("login with a token")
def _():
    other = InfisicalSDKClient(host=HOST, cache_ttl=None)
    other.auth.token_auth.login(client.get_token())
    assert other.secrets.list_secrets(**at()).secrets


@check("a token that is no token is refused")
def _():
    other = InfisicalSDKClient(host=HOST, token="not-a-token", cache_ttl=None)
    refused(403, lambda: other.secrets.list_secrets(**at()))


@check("the SDK's cache sees a change it made")
def _():
    with InfisicalSDKClient(host=HOST, token=client.get_token()) as cached:
        cached.secrets.create_secret_by_name(secret_name="PYTHON_CACHED", secret_value="one", **at())
        cached.secrets.update_secret_by_name(current_secret_name="PYTHON_CACHED", secret_value="two", **at())
        equal(cached.secrets.get_secret_by_name(secret_name="PYTHON_CACHED", **at()).secretValue, "two")


def main():
    failed = 0
    for name, body in CHECKS:
        try:
            body()
            print(f"ok {name}", flush=True)
        except Exception as error:  # noqa: BLE001, whatever it is, it is this check's failure
            failed += 1
            why = " ".join(str(error).split()) or "an assertion did not hold"
            line = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__][-1]
            kind = "" if isinstance(error, (AssertionError, InfisicalError)) else f"{type(error).__name__} "
            print(f"FAILED {name}: {kind}{why} (line {line})", flush=True)
    client.close()
    return 1 if failed else 0


sys.exit(main())
