"""Schemathesis reads the OpenAPI document and tries the running house with it, as everybody who may call.

What it sends is drawn from the document, valid and broken; what comes back must be what the document says.
The seed stands in the output of a failure, with a curl line for each finding.
"""

import asyncio
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from miniapp_api.frame import Who
from tests.support.boxes import ADDRESS, life
from tests.support.house import House

SEED = 20261122
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
# What a role may not call is refused before its arguments are read, so each role tries its own addresses.
LOGINS = {
    Who.STYLIST: "stylist1", Who.WAREHOUSE: "warehouse1", Who.MARKETING: "marketing1",
    Who.SERVICE: "service1", Who.FINANCE: "finance1", Who.ADMIN: "admin1",
}  # fmt: skip


async def _schemathesis(house: House, folder: Path, *words: str, token: str = "", seconds: int) -> str:
    """Run it in a process of its own (the house needs this loop); what it found, "" for nothing."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{house.base}/openapi.json",
        "--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing", "--mode", "all",
        "--max-time", str(seconds), "--max-examples", "10", "--seed", str(SEED), "--no-shrink",
        "--continue-on-failure", "--request-timeout", "10", "--suppress-health-check", "all",
        "--warnings", "off", "--output-sanitize", "false", "--no-color", *words,
    ]  # fmt: skip
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds + 40)
    except BaseException:
        process.kill()
        raise
    return output.decode() if process.returncode else ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestSchema:
    async def test_document_is_openapi_3_1(self, house: House) -> None:
        async with house.http.get(f"{house.base}/openapi.json") as answer:
            assert answer.content_type == "application/json"
            document = await answer.json()
        assert document["openapi"].startswith("3.1.")
        assert [str(e) for e in OpenAPIV31SpecValidator(document).iter_errors()] == []

    async def test_nobody(self, no_limits: None, house: House, tmp_path: Path) -> None:
        # With the log-in beside it the tool takes this address for a sign-up, and then trips over its body being a
        # $ref (schemathesis 4.32, auth_flow/bootstrap.sign_up_body); alone it is tried like the others.
        users = "/api/v1/staff/users"
        for words, seconds in (("--exclude-path", users), 6), (("--include-path", users), 1):
            found = await _schemathesis(house, tmp_path, *words, seconds=seconds)
            assert not found, found

    async def test_a_member(self, no_limits: None, house: House, tmp_path: Path) -> None:
        one = await life(house)
        await one.call("POST", "/me/addresses", ADDRESS)
        found = await _schemathesis(house, tmp_path, "--exclude-path-regex", "/staff/", token=one.who.token, seconds=10)
        assert not found, found

    @pytest.mark.parametrize("role", LOGINS)
    async def test_staff(self, no_limits: None, house: House, tmp_path: Path, role: Who) -> None:
        one = await life(house)
        await one.cover("pay_score")
        await one.ship(2, 3)
        token = await house.staff(LOGINS[role])
        found = await _schemathesis(house, tmp_path, "--include-path-regex", "/staff/", token=token, seconds=2)
        assert not found, found
