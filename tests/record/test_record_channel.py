import json
import os
import threading
from multiprocessing.connection import Client

import pytest

from labapp.errors import LabError
from labapp.record.channel import MAX_MESSAGE, Server, decode, encode


@pytest.fixture
def serve():
    servers = []

    def make(folder, answer):
        servers.append(Server(folder, answer))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def ask(server, **request):
    with Client(server.address, authkey=server.key) as line:
        line.send_bytes(encode(request))
        return decode(line.recv_bytes())


def exchange(line, data):
    line.send_bytes(data)
    return line.recv_bytes()


def test_answers_and_errors(serve, tmp_path):
    def answer(request):
        if request["do"] == "fail":
            raise LabError("no tea", "make some")
        return {"twice": request["n"] * 2}

    server = serve(tmp_path, answer)
    assert ask(server, do="x", n=4, id=7) == {"ok": True, "twice": 8, "id": 7}
    assert ask(server, do="fail") == {
        "ok": False,
        "what": "no tea",
        "remedy": "make some",
        "id": None,
    }


def test_a_long_folder_name_still_gets_a_socket(serve, tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    server = serve(folder, lambda request: {})
    assert ask(server, do="x")["ok"]
    place = os.path.dirname(server.address)  # noqa: PTH120
    if os.name == "posix":
        assert os.stat(place).st_mode & 0o777 == 0o700  # noqa: PTH116
    server.close()
    assert not os.path.exists(server.address)  # noqa: PTH110


@pytest.mark.parametrize("data", [b"[1]", b"{", b"[" * 100_000, b"\xff", bytes(MAX_MESSAGE + 1)])
def test_nonsense_is_hung_up_on(serve, tmp_path, data):
    server = serve(tmp_path, lambda request: {})
    with (
        Client(server.address, authkey=server.key) as line,
        pytest.raises((EOFError, ConnectionError)),
    ):
        exchange(line, data)
    assert ask(server, do="x")["ok"]


def test_a_client_is_hung_up_on_once(serve, tmp_path):
    """By the thread that serves it or by the end of the channel, never by both."""
    server = serve(tmp_path, lambda request: {})
    closed, both = [], threading.Barrier(2)

    class Line:
        def close(self):
            closed.append(threading.get_ident())

    def end(line):
        both.wait(5)
        server._hang_up(line)

    for _ in range(200):
        line = Line()
        server._clients.add(line)
        threads = [threading.Thread(target=end, args=(line,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(closed) == 200


def test_messages_are_plain_json():
    assert json.loads(encode({"a": 1.5})) == {"a": 1.5}
    with pytest.raises(ValueError, match="JSON"):
        encode({"a": float("inf")})
    with pytest.raises(LabError):
        decode(b"7")
