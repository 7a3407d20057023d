#!/usr/bin/python3
"""Drives `branchgrpo kernel` with Jupyter's own client. Usage: kernel_tests.py [branchgrpo.dll]. Ends with "N passed, N failed"."""
import json, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, time, traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILDS = sorted(ROOT.glob("src/BranchGrpo.Cli/bin/*/net10.0/branchgrpo.dll"), key=lambda p: p.stat().st_mtime)
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(BUILDS[-1])
WORK = pathlib.Path(tempfile.mkdtemp(prefix="kernel-tests-"))
os.environ["JUPYTER_DATA_DIR"] = str(WORK / "jupyter")
os.environ["BRANCHGRPO_DATA"] = str(ROOT / "data")
os.environ["BRANCHGRPO_PRESET"] = "standard"          # long enough to interrupt

import nbclient, nbformat                               # noqa: E402
from jupyter_client import BlockingKernelClient, KernelManager   # noqa: E402
from jupyter_client.kernelspec import KernelSpecManager          # noqa: E402

signal.signal(signal.SIGINT, signal.default_int_handler)   # a script started in the background ignores it, and so would the kernels it starts

KIT = ROOT / "src/BranchGrpo.Kit.Notebooks/bin"
SETUP = "".join(f'#r "{KIT}/{name}.dll"\n' for name in ("TorchSharp", "BranchGrpo.Kit", "BranchGrpo.Kit.Shapes", "BranchGrpo.Kit.Notebooks")) \
    + "using TorchSharp; using BranchGrpo.Kit; using BranchGrpo.Kit.Notebooks;\nLab.Start()"
LONG = 60
checks = []


def check(function):
    checks.append(function)
    return function


def command(*words, **more):
    return subprocess.run(["dotnet", PROGRAM, *words], capture_output=True, text=True, timeout=LONG, **more)


class Kernel:
    """A kernel and a client of it."""

    def __init__(self, name="branchgrpo", **env):
        self.errors = tempfile.TemporaryFile("w+")
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(cwd=str(WORK), env={**os.environ, **env}, stderr=self.errors)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LONG)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def outputs(self, id, client=None):
        """What is published for a request, up to idle; every message must have it as parent."""
        found = []
        while True:
            message = (client or self.client).get_iopub_msg(timeout=LONG)
            if message["parent_header"].get("msg_id") != id:
                continue
            found.append((message["msg_type"], message["content"]))
            if found[-1] == ("status", {"execution_state": "idle"}):
                return found

    def reply(self, id, channel="shell", client=None):
        client = client or self.client
        while True:
            message = (client.get_shell_msg if channel == "shell" else client.get_control_msg)(timeout=LONG)
            if message["parent_header"].get("msg_id") == id:
                return message["content"]

    def run(self, code, client=None, **more):
        """Executes a cell: (reply, published messages between busy and idle)."""
        id = (client or self.client).execute(code, **{"allow_stdin": False, **more})
        published = self.outputs(id, client)
        assert published[0] == ("status", {"execution_state": "busy"}), published[0]
        return self.reply(id, client=client), published[1:-1]

    def value(self, code):
        reply, published = self.run(code)
        assert reply["status"] == "ok", reply
        return next(content["data"]["text/plain"] for kind, content in published if kind == "execute_result")

    def ask(self, kind, content, channel="shell"):
        """Any request: its reply, which must come between busy and idle."""
        message = self.client.session.msg(kind, content)
        getattr(self.client, channel + "_channel").send(message)
        reply = self.reply(message["header"]["msg_id"], channel)
        published = self.outputs(message["header"]["msg_id"])
        assert published[0][1] == {"execution_state": "busy"} and published[-1][1] == {"execution_state": "idle"}, published
        return reply

    def start(self, code, text, **more):
        """Starts a cell and waits until it has written a text."""
        id = self.client.execute(code, **more)
        written = ""
        while text not in written:
            message = self.client.get_iopub_msg(timeout=LONG)
            if message["msg_type"] == "error":
                raise AssertionError(message["content"])
            if message["msg_type"] == "stream":
                written += message["content"]["text"]
        return id

    def interrupted(self, id):
        published = self.outputs(id)
        reply = self.reply(id)
        assert reply["status"] == "error" and reply["ename"] == "KeyboardInterrupt", reply
        assert any(kind == "error" and content["ename"] == "KeyboardInterrupt" for kind, content in published), published


def texts(published, name):
    return "".join(content["text"] for kind, content in published if kind == "stream" and content["name"] == name)


def kinds(published):
    return [kind for kind, _ in published]


# ---- kernelspec

@check
def kernelspec_install_refuse_force_uninstall(_):
    for name in ("branchgrpo", ".net-csharp"):
        done = command("kernel", "install", "--name", name)
        assert done.returncode == 0, done
    specs = KernelSpecManager()
    spec = specs.get_kernel_spec(".net-csharp")
    assert spec.language == "C#" and spec.interrupt_mode == "message" and "{connection_file}" in spec.argv, spec.to_dict()
    assert "branchgrpo" in specs.find_kernel_specs()
    other = WORK / "jupyter/kernels/other"
    other.mkdir()
    theirs = '{"argv": ["dotnet", "interactive"], "display_name": "Theirs", "language": "C#"}'
    (other / "kernel.json").write_text(theirs)
    for verb in ("install", "uninstall"):
        refused = command("kernel", verb, "--name", "other")
        assert refused.returncode == 1 and "Theirs" in refused.stderr and "--force" in refused.stderr, refused
        assert (other / "kernel.json").read_text() == theirs
    assert command("kernel", "install", "--name", "other", "--force", "--display-name", "Ours").returncode == 0
    assert specs.get_kernel_spec("other").display_name == "Ours"
    assert command("kernel", "install", "--name", "other").returncode == 0            # our own may be written again
    assert command("kernel", "uninstall", "--name", "other").returncode == 0 and not other.exists()
    assert command("kernel", "install", "--name", "../x").returncode == 1
    assert command("kernel", "install", "--prefix", str(WORK / "prefix")).returncode == 0
    assert os.listdir(WORK / "prefix/share/jupyter/kernels/branchgrpo") == ["kernel.json"]


@check
def connection_file_of_another_machine_is_refused(_):
    file = WORK / "connection.json"
    good = dict(ip="127.0.0.1", transport="tcp", key="k", signature_scheme="hmac-sha256", **{n + "_port": 50000 + i for i, n in
                enumerate(("shell", "iopub", "stdin", "control", "hb"))})
    for change, word in (({"ip": "0.0.0.0"}, "0.0.0.0"), ({"ip": "10.1.2.3"}, "10.1.2.3"), ({"ip": "example.org"}, "example.org"), ({"key": ""}, "key"),
                         ({"transport": "ipc"}, "ipc"), ({"shell_port": 0}, "shell_port"), ({"hb_port": "x"}, "connection file"),
                         ({"signature_scheme": "hmac-md5"}, "hmac-md5")):
        file.write_text(json.dumps({**good, **change}))
        done = command("kernel", "run", "--connection-file", str(file))
        assert done.returncode == 1 and word in done.stderr and done.stderr.count("\n") == 1, (change, done)
    for text in ("", "[]", "{"):
        file.write_text(text)
        done = command("kernel", "run", "--connection-file", str(file))
        assert done.returncode == 1 and done.stderr.count("\n") == 1, (text, done)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        file.write_text(json.dumps({**good, "shell_port": taken.getsockname()[1]}))
        done = command("kernel", "run", "--connection-file", str(file))
        assert done.returncode == 1 and str(taken.getsockname()[1]) in done.stderr, done


# ---- one kernel, many requests

@check
def kernel_info(k):
    for channel in ("shell", "control"):
        info = k.ask("kernel_info_request", {}, channel)
        assert info["status"] == "ok" and tuple(map(int, info["protocol_version"].split("."))) >= (5, 3), info
        assert info["language_info"]["name"] == "C#" and info["language_info"]["file_extension"] == ".cs", info


@check
def execute_keeps_state_and_shows_the_value(k):
    reply, published = k.run("var answer = 6 * 7;")
    assert reply["status"] == "ok" and kinds(published) == ["execute_input"], published
    first = reply["execution_count"]
    reply, published = k.run("answer")
    assert reply["execution_count"] == first + 1 and kinds(published) == ["execute_input", "execute_result"], published
    assert published[0][1] == {"code": "answer", "execution_count": first + 1}
    assert published[1][1]["data"]["text/plain"] == "42" and published[1][1]["execution_count"] == first + 1, published
    reply, published = k.run("  \n")
    assert reply["status"] == "ok" and reply["execution_count"] == first + 1, reply


@check
def streams_come_in_order(k):
    reply, published = k.run('Console.Write("a"); Console.Error.Write("b"); Console.WriteLine("c"); display("d"); Console.Write("é🌳"); "e"')
    order = [(kind, content.get("name"), content.get("text")) for kind, content in published[1:]]
    assert order == [("stream", "stdout", "a"), ("stream", "stderr", "b"), ("stream", "stdout", "c\n"), ("display_data", None, None),
                     ("stream", "stdout", "é🌳"), ("execute_result", None, None)], order


@check
def much_text_comes_in_few_messages_and_soon(k):
    _, published = k.run('for (var i = 0; i < 20000; i++) { Console.Write(i); Console.Write("\\U0001F333"[0]); Console.Write("\\U0001F333"[1]); }')
    assert texts(published, "stdout") == "".join(f"{i}🌳" for i in range(20000))
    assert len(published) < 100, len(published)
    k.interrupted(_soon(k))


def _soon(k):
    start = time.time()
    id = k.start('Console.WriteLine("now"); while (true) { }', "now")
    assert time.time() - start < 5
    k.client.control_channel.send(k.client.session.msg("interrupt_request", {}))
    return id


@check
def rich_display_update_and_clear(k):
    reply, published = k.run('var shown = display(HTML("<b>one</b>")); shown.Update(HTML("<b>two</b>")); ClearOutput(true); ClearOutput(); HTML("<i>x</i>")')
    assert kinds(published)[1:] == ["display_data", "update_display_data", "clear_output", "clear_output", "execute_result"], published
    show, update = published[1][1], published[2][1]
    assert show["data"]["text/html"] == "<b>one</b>" and update["data"]["text/html"] == "<b>two</b>"
    assert show["transient"]["display_id"] == update["transient"]["display_id"] != ""
    assert [c["wait"] for _, c in published[3:5]] == [True, False]
    assert published[5][1]["data"]["text/html"] == "<i>x</i>"
    _, later = k.run('shown.Update("three")')
    update = next(c for kind, c in later if kind == "update_display_data")
    assert update["transient"]["display_id"] == show["transient"]["display_id"], later
    _, published = k.run('display(new { a = 1 }, "application/json");')
    data = published[1][1]["data"]
    assert data["application/json"] == {"a": 1}, data


@check
def error_has_name_text_and_line(k):
    k.client.execute("1", silent=True)                                           # has no number of its own
    reply, published = k.run('var zero = 0;\nvar x = 1 / zero;')
    error = published[-1][1]
    assert any(f"cell {reply['execution_count']}:line 2" in line for line in error["traceback"]), (reply["execution_count"], error)
    assert reply["status"] == "error" and "DivideByZero" in reply["ename"] and published[-1][0] == "error", (reply, published)
    assert error["ename"] == reply["ename"] and any("line 2" in line for line in error["traceback"]), error
    reply, _ = k.run("nonsense(")
    assert reply["status"] == "error" and reply["ename"] == "CompilationError", reply
    assert k.value("1 + 1") == "2"


@check
def stop_on_error_aborts_what_waits(k):
    slow = 'System.Threading.Thread.Sleep(500); throw new Exception("no");'
    ids = [k.client.execute(code) for code in (slow, "1", "2")]
    assert [k.reply(id)["status"] for id in ids] == ["error", "aborted", "aborted"]
    for id in ids:
        assert kinds(k.outputs(id))[0] == "status"
    ids = [k.client.execute(slow, stop_on_error=False), k.client.execute("1")]
    assert [k.reply(id)["status"] for id in ids] == ["error", "ok"]
    assert k.value("3") == "3"


@check
def silent_unstored_and_expressions(k):
    before = k.run("1")[0]["execution_count"]
    reply, published = k.run('Console.Write("x"); var hidden = 5; hidden', silent=True)
    assert reply["status"] == "ok" and published == [] and reply["execution_count"] == before, (reply, published)
    reply, published = k.run('throw new Exception("x");', silent=True)
    assert reply["status"] == "error" and published == [], published
    reply, published = k.run("hidden", store_history=False)
    assert reply["execution_count"] == before and published[-1][1]["data"]["text/plain"] == "5", published
    reply, _ = k.run("var base_ = 4;", user_expressions={"good": "base_ * 2", "bad": "base_ * nothing"})
    assert reply["execution_count"] == before + 1
    good, bad = reply["user_expressions"]["good"], reply["user_expressions"]["bad"]
    assert good["status"] == "ok" and good["data"]["text/plain"] == "8" and bad["status"] == "error" and bad["ename"], reply


@check
def completion_counts_code_points(k):
    k.run("var treeOfTrees = 1;")
    code = 'var s = "🌳🌳"; treeOf'
    found = k.ask("complete_request", {"code": code, "cursor_pos": len(code)})
    assert "treeOfTrees" in found["matches"], found
    assert code[found["cursor_start"]:found["cursor_end"]] == "treeOf", found
    assert any(m["text"] == "treeOfTrees" and m["type"] for m in found["metadata"]["_jupyter_types_experimental"]), found["metadata"]
    found = k.ask("complete_request", {"code": "Console.WriteL + 1", "cursor_pos": len("Console.WriteL")})
    assert "WriteLine" in found["matches"] and found["cursor_end"] == len("Console.WriteL"), found


@check
def inspection_finds_documentation(k):
    found = k.ask("inspect_request", {"code": "Math.Sqrt(2)", "cursor_pos": 7, "detail_level": 0})
    assert found["found"] and "Sqrt" in found["data"]["text/markdown"] and "square root" in found["data"]["text/plain"], found
    found = k.ask("inspect_request", {"code": "   ", "cursor_pos": 1, "detail_level": 0})
    assert found["status"] == "ok" and not found["found"] and found["data"] == {}, found


@check
def is_complete(k):
    for code, status in (("1 + 1", "complete"), ("for (var i = 0; i < 3; i++) {", "incomplete"), ("var = ;", "invalid")):
        assert k.ask("is_complete_request", {"code": code})["status"] == status, code


@check
def questions_are_answered_while_a_cell_runs(k):
    id = k.start('var busy = true; Console.WriteLine("started"); while (busy) { }', "started")
    start = time.time()
    message = k.client.session.msg("complete_request", {"code": "Math.Sq", "cursor_pos": 7})
    k.client.shell_channel.send(message)
    assert "Sqrt" in k.reply(message["header"]["msg_id"])["matches"]
    message = k.client.session.msg("inspect_request", {"code": "Math.Sqrt(2)", "cursor_pos": 7, "detail_level": 0})
    k.client.shell_channel.send(message)
    assert k.reply(message["header"]["msg_id"])["found"]
    assert time.time() - start < 20
    states = []
    while not states or states[-1][1] != id:                                     # the last status clients see is the running cell's
        m = k.client.get_iopub_msg(timeout=LONG)
        if m["msg_type"] == "status" and states or m["parent_header"]["msg_id"] == message["header"]["msg_id"]:
            states.append((m["content"]["execution_state"], m["parent_header"]["msg_id"]))
    assert states[-1][0] == "busy", states
    k.client.control_channel.send(k.client.session.msg("interrupt_request", {}))
    k.interrupted(id)


@check
def history_of_the_session(k):
    for code in ("var h1 = 10;", "h1 + 1", "h1 + 1"):
        k.run(code)
    tail = k.ask("history_request", {"hist_access_type": "tail", "n": 2, "raw": True, "output": True})["history"]
    assert [line[2] for line in tail] == [["h1 + 1", "11"]] * 2, tail
    last = tail[-1][1]
    span = k.ask("history_request", {"hist_access_type": "range", "session": 0, "start": last - 2, "stop": last, "output": False})["history"]
    assert [line[1:] for line in span] == [[last - 2, "var h1 = 10;"], [last - 1, "h1 + 1"]], span
    found = k.ask("history_request", {"hist_access_type": "search", "pattern": "h1*", "unique": True, "n": 5})["history"]
    assert [line[2] for line in found] == ["h1 + 1"], found
    assert k.ask("history_request", {"hist_access_type": "odd"})["status"] == "error"


@check
def comms_are_refused_politely(k):
    assert k.ask("comm_info_request", {}) == {"status": "ok", "comms": {}}
    message = k.client.session.msg("comm_open", {"comm_id": "c1", "target_name": "widget", "data": {}})
    k.client.shell_channel.send(message)
    published = k.outputs(message["header"]["msg_id"])
    assert ("comm_close", {"comm_id": "c1", "data": {}}) in published, published
    message = k.client.session.msg("comm_msg", {"comm_id": "c1", "data": {}})
    k.client.shell_channel.send(message)
    assert kinds(k.outputs(message["header"]["msg_id"])) == ["status", "status"]
    assert k.ask("nonsense_request", {})["status"] == "error"
    assert k.ask("execute_request", {})["status"] == "error" and k.value("1") == "1"


@check
def input_is_asked_of_the_reader(k):
    for code, password in (('Console.Write("n? "); var n = Console.ReadLine(); n', False), ('await GetPasswordAsync("p")', True)):
        id = k.client.execute(code, allow_stdin=True)
        asked = k.client.get_stdin_msg(timeout=LONG)
        assert asked["msg_type"] == "input_request" and asked["content"]["password"] == password, asked
        assert asked["parent_header"]["msg_id"] == id
        k.client.input("föur")
        assert any(kind == "execute_result" and content["data"]["text/plain"] == "föur" for kind, content in k.outputs(id))
        assert k.reply(id)["status"] == "ok"
    reply, _ = k.run("Console.ReadLine()", allow_stdin=False)
    assert reply["status"] == "error" and "allow_stdin" in reply["evalue"], reply
    id = k.client.execute("Console.ReadLine()", allow_stdin=True)
    k.client.get_stdin_msg(timeout=LONG)
    k.manager.interrupt_kernel()
    k.interrupted(id)
    k.client.input("late")                                                       # nobody waits for it
    id = k.client.execute("Console.ReadLine()", allow_stdin=True)
    k.client.get_stdin_msg(timeout=LONG)
    k.client.input("right")
    assert any(kind == "execute_result" and content["data"]["text/plain"] == "right" for kind, content in k.outputs(id))


@check
def interrupt_stops_endless_loops_and_keeps_the_state(k):
    k.run("var turns = 0L;")
    for way in ("message", "signal"):
        id = k.start('Console.WriteLine("in"); while (true) { turns++; }', "in")
        waiting = k.client.execute("1")
        if way == "message":
            assert k.ask("interrupt_request", {}, "control")["status"] == "ok"
        else:
            os.kill(k.manager.provisioner.pid, signal.SIGINT)
        assert k.reply(id)["ename"] == "KeyboardInterrupt"
        assert k.reply(waiting)["status"] == "aborted"
        assert int(k.value("turns")) > 0
    k.manager.interrupt_kernel()                                                 # nothing runs: no harm
    assert k.value("2") == "2"


@check
def interrupt_just_after_busy_is_not_lost(k):
    for _ in range(10):
        id = k.client.execute("while (true) { }")
        while True:
            message = k.client.get_iopub_msg(timeout=LONG)
            if message["parent_header"]["msg_id"] == id and message["msg_type"] == "status":
                break
        k.client.control_channel.send(k.client.session.msg("interrupt_request", {}))
        k.interrupted(id)


@check
def interrupt_stops_a_training_and_keeps_the_state(k):
    assert "preset standard" in k.value(SETUP)
    k.run('var recipe = Recipes.Find("BranchGRPO", Geometry.Quick); var mark = 7; RunRecord trained = null;')
    id = k.start("trained = Lab.Train(recipe);", "BranchGRPO")
    start = time.time()
    k.manager.interrupt_kernel()
    k.interrupted(id)
    assert time.time() - start < 20 and k.value("mark") == "7"
    assert k.value("trained is null") == "True"
    runs = list(WORK.glob("runs/notebooks/**/*.*"))
    assert runs, "the interrupted run left nothing to go on from"
    id = k.start("trained = Lab.Train(recipe);", "BranchGRPO")                   # goes on; and ends at an interrupt again
    k.manager.interrupt_kernel()
    k.interrupted(id)


# ---- security

def dropped(k, frames, word, client=None, channel="shell"):
    before = k.stderr().count(word)
    getattr(client or k.client, channel + "_channel").socket.send_multipart(frames)
    until = time.time() + 10
    while k.stderr().count(word) <= before and time.time() < until:
        time.sleep(0.05)
    assert k.stderr().count(word) == before + 1, (word, k.stderr()[-500:])


@check
def malformed_unsigned_and_replayed_messages_are_dropped(k):
    session = k.client.session
    k.run("var touched = 0;")

    def signed(*parts):
        return [b"<IDS|MSG>", session.sign(list(parts)), *parts]

    evil = session.msg("execute_request", {"code": "touched++;", "silent": False})
    good = session.serialize(evil)
    mark = good.index(b"<IDS|MSG>")
    dropped(k, good[:mark + 1] + [b""] + good[mark + 2:], "not signed")
    dropped(k, good[:mark + 1] + [b"0" * 64] + good[mark + 2:], "wrong signature")
    dropped(k, good[:mark + 1] + [good[mark + 1].upper()] + good[mark + 2:], "wrong signature")
    dropped(k, good[:mark + 1] + [b"\xff\x00"] + good[mark + 2:], "wrong signature")
    dropped(k, good[:-1] + [good[-1].replace(b"touched++", b"touched--")], "wrong signature")
    dropped(k, good[:3], "too few parts")
    dropped(k, [b"hello"], "too few parts")
    dropped(k, good[:mark + 1] + [b""] + good[mark + 2:], "not signed", channel="control")
    dropped(k, good[:mark + 1] + [b""] + good[mark + 2:], "not signed", channel="stdin")
    header = good[mark + 2]
    dropped(k, signed(b"{", b"{}", b"{}", b"{}"), "message on shell dropped")
    dropped(k, signed(b"[]", b"{}", b"{}", b"{}"), "message on shell dropped")
    dropped(k, signed(b"{}", b"{}", b"{}", b"{}"), "msg_id")
    dropped(k, signed(b'{"msg_id": 1, "msg_type": 2}', b"{}", b"{}", b"{}"), "message on shell dropped")
    dropped(k, signed('"éééééééééééééééééééééééé"'.encode(), b"{}", b"{}", b"{}"), "message on shell dropped")
    dropped(k, signed(header, b"{}", b"{}", b"\xff\xfe"), "message on shell dropped")
    dropped(k, signed(header, b"{}", b"{}", b"[" * 100000), "message on shell dropped")
    k.client.shell_channel.socket.send_multipart(good)
    assert k.reply(evil["header"]["msg_id"])["status"] == "ok"
    dropped(k, good, "received before")
    dropped(k, good, "received before", channel="control")
    assert k.value("touched") == "1"
    surrogate = signed(header.replace(evil["header"]["msg_id"].encode(), b"surrogate"), b"{}", b"{}", b'{"code": "\\ud800"}')
    k.client.shell_channel.socket.send_multipart(surrogate)
    assert k.reply("surrogate")["status"] == "error"
    stray = signed(header.replace(b"execute_request", b"input_reply"), b"{}", b"{}", b'{"value": 5}')
    k.client.stdin_channel.socket.send_multipart(stray)
    assert k.value("touched") == "1"


@check
def bytes_that_are_no_zeromq_do_no_harm(k):
    info = k.manager.get_connection_info()
    for port in ("shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"):
        for junk in (b"GET / HTTP/1.1\r\n\r\n" * 20, b"\xff" + b"\0" * 8 + b"\x7f" + b"\x03" + b"\xff" * 300, os.urandom(4096), b""):
            with socket.create_connection(("127.0.0.1", info[port])) as s:
                try:
                    s.sendall(junk)
                    s.shutdown(socket.SHUT_WR)
                    s.settimeout(0.2)
                    s.recv(100)
                except OSError:
                    pass
    assert k.client.is_alive() and k.value("5") == "5"
    with socket.socket() as outside:
        outside.settimeout(1)
        address = socket.gethostbyname(socket.gethostname())
        if not address.startswith("127."):
            assert outside.connect_ex((address, info["shell_port"])) != 0, "listens on more than loopback"


# ---- several kernels, and their ends

@check
def heartbeat_beats_while_a_cell_runs(k):
    id = k.start('Console.WriteLine("in"); while (true) { }', "in")
    k.client.hb_channel.unpause()
    beats = 0
    for _ in range(40):                                                          # a busy machine may miss one
        time.sleep(0.5)
        beats = beats + 1 if k.client.hb_channel.is_beating() else 0
        if beats == 5:
            break
    assert beats == 5
    k.manager.interrupt_kernel()
    k.interrupted(id)


@check
def two_clients_of_one_kernel(k):
    other = BlockingKernelClient()
    other.load_connection_info(k.manager.get_connection_info())
    other.start_channels()
    other.wait_for_ready(timeout=LONG)
    reply, _ = k.run('var shared = "both";')
    assert reply["status"] == "ok"
    reply, published = k.run("shared", client=other)
    assert published[-1][1]["data"]["text/plain"] == "both", published
    other.stop_channels()


@check
def two_kernels_at_once(k):
    with Kernel() as other:
        k.run("var who = 1;")
        other.run("var who = 2;")
        assert (k.value("who"), other.value("who")) == ("1", "2")
        one, two = (kernel.start('Console.WriteLine("in"); while (true) { }', "in") for kernel in (k, other))
        other.manager.interrupt_kernel()
        other.interrupted(two)
        assert k.client.is_alive() and other.value("who") == "2"
        k.manager.interrupt_kernel()
        k.interrupted(one)
        assert k.value("who") == "1"


@check
def working_folder_is_that_of_the_notebook(k):
    assert k.value("System.IO.Directory.GetCurrentDirectory()") == str(WORK)


@check
def failing_threads_of_cells_keep_the_state(k):
    k.run("var kept = 3;")
    _, published = k.run('new System.Threading.Thread(() => throw new Exception("thread")).Start(); System.Threading.Thread.Sleep(500);')
    assert "thread" in texts(published, "stderr"), published
    id = k.start('new System.Threading.Thread(() => { while (true) { } }).Start(); Console.WriteLine("in"); while (true) { }', "in")
    k.manager.interrupt_kernel()
    k.interrupted(id)
    assert k.value("kept") == "3"


@check
def restart_forgets_the_state(_):
    with Kernel() as k:
        k.run("var lost = 1;")
        k.manager.restart_kernel()
        k.client.wait_for_ready(timeout=LONG)
        assert k.run("lost")[0]["ename"] == "CompilationError" and k.run("1")[0]["execution_count"] == 2


@check
def kill_while_a_cell_runs_and_restart(_):
    with Kernel() as k:
        k.start('Console.WriteLine("in"); while (true) { }', "in")
        os.kill(k.manager.provisioner.pid, signal.SIGKILL)
        until = time.time() + 10
        while k.manager.is_alive() and time.time() < until:
            time.sleep(0.05)
        assert not k.manager.is_alive()
        k.manager.restart_kernel(now=True)
        k.client.wait_for_ready(timeout=LONG)
        assert k.value("1 + 1") == "2"


@check
def shutdown_ends_the_process_orderly(_):
    for restart, busy, channel in ((False, False, "control"), (True, True, "control"), (False, False, "shell")):
        with Kernel() as k:
            k.run('new System.Threading.Thread(() => { for (;;) { Console.Write("x"); System.Threading.Thread.Sleep(1); } }).Start();')
            if busy:
                k.start('Console.WriteLine("in"); while (true) { }', "in")
            process = k.manager.provisioner.process
            reply = k.ask("shutdown_request", {"restart": restart}, channel)
            assert reply == {"status": "ok", "restart": restart}, reply
            code = process.wait(timeout=10)
            assert code == 0, code


@check
def terminate_signal_and_death_of_the_parent_end_the_process(_):
    with Kernel() as k:
        process = k.manager.provisioner.process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    parent = subprocess.Popen(["sleep", "100"])
    with Kernel() as k:
        file = WORK / "orphan.json"
        k.manager.write_connection_file()
        info = {**k.manager.get_connection_info(), "key": "k"}
        for name in list(info):
            if name.endswith("_port"):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", 0))
                    info[name] = s.getsockname()[1]
        file.write_text(json.dumps(info))
        orphan = subprocess.Popen(["dotnet", PROGRAM, "kernel", "run", "--connection-file", str(file)], env={**os.environ, "JPY_PARENT_PID": str(parent.pid)})
        time.sleep(3)
        assert orphan.poll() is None
        parent.kill()
        parent.wait()
        assert orphan.wait(timeout=10) == 0


@check
def nbclient_runs_a_notebook_made_for_dotnet_interactive(_):
    cells = ["var a = 20;", "a + 1", 'Console.WriteLine("hi"); display(HTML("<p>")); display("t").Update("u");']
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells],
                                        metadata={"kernelspec": {"display_name": ".NET (C#)", "language": "C#", "name": ".net-csharp"}})
    nbclient.NotebookClient(notebook, timeout=LONG, resources={"metadata": {"path": str(WORK)}}).execute()
    assert notebook.cells[1].outputs[0].data["text/plain"] == "21" and notebook.cells[1].execution_count == 2, notebook.cells[1]
    assert [o.output_type for o in notebook.cells[2].outputs] == ["stream", "display_data", "display_data"], notebook.cells[2]
    assert notebook.cells[2].outputs[2].data["text/plain"] == "u"
    notebook.cells.append(nbformat.v4.new_code_cell('throw new Exception("end");'))
    try:
        nbclient.NotebookClient(notebook, timeout=LONG, resources={"metadata": {"path": str(WORK)}}).execute()
        raise AssertionError("the error of the last cell was not noticed")
    except nbclient.exceptions.CellExecutionError as e:
        assert "end" in str(e)


def main():
    passed = failed = 0
    shared = None
    only = os.environ.get("ONLY")
    for function in checks:
        if only and only not in function.__name__ and function is not checks[0]:
            continue
        start = time.time()
        try:
            wants = function.__code__.co_varnames[0] == "k"
            if wants and (shared is None or not shared.manager.is_alive()):
                shared = Kernel()
            function(shared)
            passed += 1
            print(f"ok: {function.__name__.replace('_', ' ')} ({time.time() - start:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED: {function.__name__.replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
            if shared is not None:
                print("".join("  " + line for line in shared.stderr().splitlines(True)[-10:]), flush=True)
                shared.close()
                shared = None
    if shared is not None:
        shared.close()
    shutil.rmtree(WORK, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
