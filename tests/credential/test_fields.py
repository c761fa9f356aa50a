"""Keys, URLs, regions and what the environment gives."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pytest
from pydantic import SecretStr

from modeldeck.credential import (
    ApiKey,
    BaseUrl,
    CredentialBase,
    CredentialFactory,
    DashScopeCredential,
    LocalCredential,
)
from modeldeck.errors import CredentialError

HOSTS = {
    "cn-beijing": "https://dashscope.aliyuncs.com",
    "ap-southeast-1": "https://dashscope-intl.aliyuncs.com",
    "us-east-1": "https://dashscope-us.aliyuncs.com",
    "cn-hongkong": "https://cn-hongkong.dashscope.aliyuncs.com",
}
URLS = {
    "https://dashscope-intl.aliyuncs.com/compatible-mode/v1": "https://dashscope-intl.aliyuncs.com",
    "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/": "https://dashscope-intl.aliyuncs.com",
    "https://dashscope-intl.aliyuncs.com/api/v1": "https://dashscope-intl.aliyuncs.com",
    "wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime": "https://dashscope-intl.aliyuncs.com",
    "wss://dashscope-intl.aliyuncs.com/api-ws/v1/inference/": "https://dashscope-intl.aliyuncs.com",
    "https://host/v1": "https://host",
    "https://host": "https://host",
    "https://host/": "https://host",
    "https://host/prefix": "https://host/prefix",
    "https://host/prefix/api/v1": "https://host/prefix",
    "ws://127.0.0.1:8080": "http://127.0.0.1:8080",
    "http://[::1]:8080/x": "http://[::1]:8080/x",
    " https://host/v1 ": "https://host",
    "https://dav1.example/v1": "https://dav1.example",
    "HTTPS://host": "https://host",
}
NO_URLS = [
    *("not a url", "", "host", "host:8080", "//host", "ftp://host", "file:///etc/passwd", "https://", "https:///path"),
    *("https://user@host", "https://user:pw@host", "https://host?x=1", "https://host#x", "http://[", "https://h ost"),
    *("http://host:99999", "http://host:port", "javascript:alert(1)"),
]


@pytest.mark.parametrize("url", URLS)
def test_a_base_url_means_one_host_for_every_wire(url: str) -> None:
    assert DashScopeCredential(api_key="k", base_url=url).host() == URLS[url]


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(CredentialError, match="base_url"):
        DashScopeCredential(api_key="k", base_url=url)


@pytest.mark.parametrize("region", HOSTS)
def test_a_region_is_a_host_and_base_url_beats_it(region: Any) -> None:
    assert DashScopeCredential(api_key="k", region=region).host() == HOSTS[region]
    assert DashScopeCredential(api_key="k", region=region, base_url="https://own/v1").host() == "https://own"


def test_an_unknown_region_names_the_known_ones() -> None:
    with pytest.raises(CredentialError, match=r"region: .*'cn-beijing'.*'cn-hongkong'"):
        DashScopeCredential(api_key="k", region="mars")  # type: ignore[arg-type]


def test_the_environment_is_read_when_the_object_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DashScopeCredential(api_key="k").region == "cn-beijing"
    monkeypatch.setenv("DASHSCOPE_API_REGION", "us-east-1")
    monkeypatch.setenv("DASHSCOPE_WORKSPACE_ID", "ws-1")
    one = DashScopeCredential(api_key="k")
    assert (one.host(), one.workspace_id) == (HOSTS["us-east-1"], "ws-1")
    assert DashScopeCredential(api_key="k", region="cn-hongkong").host() == HOSTS["cn-hongkong"]
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "https://proxy/api/v1")
    assert DashScopeCredential(api_key="k").host() == "https://proxy"
    assert DashScopeCredential(api_key="k", base_url="https://own").host() == "https://own"
    assert DashScopeCredential(api_key="k", base_url=None).host() == HOSTS["us-east-1"]
    assert one.host() == HOSTS["us-east-1"]
    monkeypatch.setenv("DASHSCOPE_API_REGION", "")
    assert DashScopeCredential(api_key="k").region == "cn-beijing"


def test_an_argument_beats_every_variable_about_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "https://dashscope.aliyuncs.com/api/v1")
    monkeypatch.setenv("DASHSCOPE_API_REGION", "us-east-1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "k")
    for made in (
        DashScopeCredential(api_key="k", region="ap-southeast-1"),
        DashScopeCredential.from_env(region="ap-southeast-1"),
        CredentialFactory.from_dict({"type": "dashscope_credential", "api_key": "k", "region": "ap-southeast-1"}),
    ):
        assert isinstance(made, DashScopeCredential)
        assert made.host() == HOSTS["ap-southeast-1"]
        assert DashScopeCredential(**made.reveal()).host() == HOSTS["ap-southeast-1"]
    assert DashScopeCredential.from_env().host() == "https://dashscope.aliyuncs.com"


def test_websockets_may_go_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    beijing = HOSTS["cn-beijing"]
    one = DashScopeCredential(api_key="k", base_url="https://own/api/v1")
    assert (one.host(), one.socket_host()) == ("https://own", "https://own")
    one = DashScopeCredential(api_key="k", websocket_base_url="wss://sockets/x/api-ws/v1/inference")
    assert (one.host(), one.socket_host()) == (beijing, "https://sockets/x")
    monkeypatch.setenv("DASHSCOPE_WEBSOCKET_BASE_URL", "ws://127.0.0.1:9/api-ws/v1/inference/")
    one = DashScopeCredential(api_key="k")
    assert (one.host(), one.socket_host()) == (beijing, "http://127.0.0.1:9")
    assert DashScopeCredential(**one.reveal()).socket_host() == "http://127.0.0.1:9"
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "https://http/api/v1")
    one = DashScopeCredential(api_key="k")
    assert (one.host(), one.socket_host()) == ("https://http", "http://127.0.0.1:9")
    places: list[dict[str, Any]] = [{"base_url": "https://own"}, {"region": "us-east-1"}, {"base_url": None}]
    for given in places:
        one = DashScopeCredential(api_key="k", **given)
        assert one.socket_host() == one.host()
    one = DashScopeCredential(api_key="k", websocket_base_url="https://mine")
    assert (one.host(), one.socket_host()) == ("https://http", "https://mine")


def test_the_variables_of_the_sdks_second_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_REGION", "us-east-1")
    monkeypatch.setenv("DASHSCOPE_WORKSPACE", "ws-2")
    one = DashScopeCredential(api_key="k")
    assert (one.host(), one.workspace_id) == (HOSTS["us-east-1"], "ws-2")
    monkeypatch.setenv("DASHSCOPE_BASE_URL", "https://proxy/compatible-mode/v1")
    assert DashScopeCredential(api_key="k").host() == "https://proxy"


@pytest.mark.parametrize("region", ["eu-central-1", "ap-northeast-1"])
def test_regions_where_a_workspace_has_a_host_of_its_own(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("DASHSCOPE_API_REGION", region)
    assert DashScopeCredential(api_key="k").host() == HOSTS["ap-southeast-1"]
    monkeypatch.setenv("DASHSCOPE_WORKSPACE_ID", "ws-1")
    one = DashScopeCredential(api_key="k")
    assert one.host() == one.socket_host() == f"https://ws-1.{region}.maas.aliyuncs.com"
    assert DashScopeCredential(api_key="k", base_url="https://own/v1").host() == "https://own"
    with pytest.raises(CredentialError, match="workspace_id") as caught:
        DashScopeCredential(api_key="k", workspace_id="evil.example/x")
    assert "evil" not in str(caught.value)


def test_headers_say_who_asks() -> None:
    one = DashScopeCredential(api_key="sk-1", workspace_id=None)
    assert one.headers() == {"Authorization": "Bearer sk-1"}
    one = DashScopeCredential(api_key="sk-1", workspace_id="ws-1")
    assert one.headers() == {"Authorization": "Bearer sk-1", "X-DashScope-WorkSpace": "ws-1"}


def test_a_wrong_variable_is_an_error_that_names_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_REGION", "mars")
    with pytest.raises(CredentialError, match="region"):
        DashScopeCredential(api_key="k")
    monkeypatch.delenv("DASHSCOPE_API_REGION")
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "not a url")
    with pytest.raises(CredentialError, match="base_url"):
        DashScopeCredential(api_key="k")


def test_the_form_does_not_show_this_machines_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = DashScopeCredential.form_schema()
    monkeypatch.setenv("DASHSCOPE_API_REGION", "us-east-1")
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "https://internal")
    assert DashScopeCredential.form_schema() == before


def test_the_key_comes_from_the_environment_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialError, match=r"^DashScopeCredential: set DASHSCOPE_API_KEY") as caught:
        DashScopeCredential.from_env()
    assert caught.value.provider == "dashscope"
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-env")
    assert DashScopeCredential.from_env().reveal()["api_key"] == "sk-env"
    assert DashScopeCredential.from_env(api_key="sk-arg", name="n").reveal()["api_key"] == "sk-arg"
    with pytest.raises(CredentialError, match="api_key is missing"):
        DashScopeCredential()  # type: ignore[call-arg]
    monkeypatch.setenv("DASHSCOPE_API_KEY", "")
    with pytest.raises(CredentialError, match="set DASHSCOPE_API_KEY"):
        DashScopeCredential.from_env()
    monkeypatch.setenv("DASHSCOPE_API_KEY", "  ")
    with pytest.raises(CredentialError, match="api_key"):
        DashScopeCredential.from_env()


class Two(CredentialBase):
    type: Literal["two_credential"] = "two_credential"
    env: ClassVar = {"key": ("TWO_KEY", "TWO_TOKEN")}
    key: ApiKey
    secret: SecretStr
    url: BaseUrl = "https://host"


def test_the_first_variable_that_is_set_wins_and_all_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialError, match=r"^Two: set TWO_KEY or TWO_TOKEN; give secret \(no env"):
        Two.from_env()
    monkeypatch.setenv("TWO_TOKEN", "second")
    assert Two.from_env(secret="s").reveal()["key"] == "second"
    monkeypatch.setenv("TWO_KEY", "first")
    assert Two.from_env(secret="s").reveal()["key"] == "first"


KEYS = ["", "   ", "two words", "line\nbreak", "tab\tinside", "ключ", "sk-\u200b1", "\x00", "****", "**********"]


@pytest.mark.parametrize("key", KEYS)
def test_what_no_header_can_carry_is_no_key(key: str) -> None:
    with pytest.raises(CredentialError, match="api_key"):
        DashScopeCredential(api_key=key)


def test_the_local_voice_needs_nothing() -> None:
    assert LocalCredential.from_env().reveal().keys() == {"id", "name", "type"}
    assert LocalCredential.form_schema().get("required", []) == []
    with pytest.raises(CredentialError, match="is no field"):
        LocalCredential(api_key="k")  # type: ignore[call-arg]


def test_credentials_are_frozen_and_have_an_id_of_their_own() -> None:
    one = LocalCredential(name="a")
    with pytest.raises(CredentialError):
        one.name = "b"
    assert one.name == "a"
    assert len({LocalCredential().id for _ in range(50)}) == 50
