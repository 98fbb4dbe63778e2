"""The walk of a request, as far as every service shares it."""

from tests.conftest import Cloud


async def test_without_a_token_the_answer_is_401(cloud: Cloud) -> None:
    cloud.plane.app  # noqa: B018
    answer = await cloud.http.get("/identity/nothing-here")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == 404
