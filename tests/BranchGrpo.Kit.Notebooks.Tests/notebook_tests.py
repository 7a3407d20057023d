#!/usr/bin/python3
"""Runs every notebook at preset dry through `branchgrpo kernel` with nbclient, then looks at one exported page in Chromium without a network,
with scripts and without. Usage: notebook_tests.py [branchgrpo.dll]. Ends with "N passed, N failed"."""
import os, pathlib, re, shutil, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILDS = sorted(ROOT.glob("src/BranchGrpo.Cli/bin/*/net10.0/branchgrpo.dll"), key=lambda p: p.stat().st_mtime)
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(BUILDS[-1])
WORK = pathlib.Path(tempfile.mkdtemp(prefix="notebook-tests-"))
os.environ.update(JUPYTER_PATH=str(WORK / "share/jupyter"), JUPYTER_DATA_DIR=str(WORK / "user"), BRANCHGRPO_PRESET="dry", BRANCHGRPO_STRICT="1",
                  BRANCHGRPO_PLOTLY="cdn", BRANCHGRPO_RUNS=str(WORK / "runs"))

import nbformat                                                   # noqa: E402
from nbclient import NotebookClient                               # noqa: E402
from nbclient.exceptions import CellExecutionError                # noqa: E402

CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=15000", "--dump-dom"]
passed = failed = 0


def check(name, test):
    global passed, failed
    start = time.time()
    try:
        test()
        passed += 1
        print(f"ok: {name} ({time.time() - start:.1f} s)", flush=True)
    except Exception as error:                                    # a failed check is counted, the others still run
        failed += 1
        print(f"FAILED: {name}: {str(error)[-2000:]}", flush=True)


def branchgrpo(*words):
    subprocess.run(["dotnet", PROGRAM, *words], check=True, stdout=subprocess.DEVNULL)


def execute(path):
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    nbformat.validate(notebook)
    nbformat.write(notebook, WORK / path.name)
    return notebook


def runs(path):
    notebook = execute(path)
    shown = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert all(o.output_type != "error" for o in shown), "an error among the outputs"
    figures = sum("branchgrpo" in "".join(o.get("data", {}).get("text/html", "")) for o in shown)
    assert figures >= 2, f"{figures} figures; at least alignment and time are wanted"


def must_fail():
    try:
        execute(ROOT / "notebooks/checks/must_fail.ipynb")
    except CellExecutionError as error:
        assert "two and two are five" in str(error), error
        return
    raise AssertionError("a notebook with a false claim ran through")


def dom(html, scripts):
    page = WORK / f"page-{scripts}.html"
    policy = "" if scripts else "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'\">"
    page.write_text(html.replace("<head>", "<head>" + policy, 1), encoding="utf8")
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or "chromium"
    profile = tempfile.mkdtemp(dir=WORK)
    done = subprocess.run([browser, *CHROMIUM, f"--user-data-dir={profile}", page.as_uri()], capture_output=True, text=True, timeout=180)
    return re.sub(r"<script\b.*?</script>", "", done.stdout, flags=re.S)


def page():
    first = sorted(ROOT.glob("notebooks/*.ipynb"))[0]
    branchgrpo("notebook", "html", str(WORK / first.name), "--out", str(WORK))
    html = (WORK / first.name).with_suffix(".html").read_text(encoding="utf8")
    static = html.count("data:image/svg+xml;base64,")
    on, off = dom(html, True), dom(html, False)
    drawn = len(set(re.findall(r'<div[^>]*class="[^"]*js-plotly-plot', on)) and re.findall(r'class="[^"]*js-plotly-plot', on))
    assert drawn >= 2 and 'class="main-svg"' in on, f"{drawn} Plotly figures drawn with scripts on"
    assert 'class="main-svg"' not in off, "Plotly drew although scripts are off"
    assert static >= 2 and off.count("data:image/svg+xml;base64,") == static, "a static picture is missing where scripts are off"


branchgrpo("kernel", "install", "--name", ".net-csharp", "--prefix", str(WORK))
for path in sorted(ROOT.glob("notebooks/*.ipynb")):
    check(f"{path.name} through the kernel", lambda: runs(path))
check("a false claim fails through the kernel", must_fail)
check("an exported page, offline, with scripts and without", page)
shutil.rmtree(WORK, ignore_errors=True)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
