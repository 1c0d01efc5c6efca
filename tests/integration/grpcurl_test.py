"""Runs every block of docs/grpcurl.md and the docs/grpcurl-*.md that follow it, in order and in one bash, against the server of EGI_SERVER.

A block fails when a command in it fails or when its output lacks the text behind "# answers:". Every RPC the server offers by reflection
must be called by some block, and every service it offers must be healthy.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

PRINTED = "127.0.0.1:50051"
END = "--- end of block"
# Parts of gRPC itself; Health/Check is in the guide, Watch and reflection are not EGI's.
FOREIGN = ("grpc.reflection.", "grpc.health.")


def blocks(guide, text):
    """Yields (place, commands, expected text)."""
    for match in re.finditer(r"^```sh\n(.*?)^```", text, re.S | re.M):
        answers = re.search(r"^# answers: (.*)$", match[1], re.M)
        place = f"{guide} line {text.count(chr(10), 0, match.start()) + 1}"
        if not answers:
            sys.exit(f"{place}: the block has no '# answers:' line")
        yield place, match[1], answers[1].strip()


def offered(server):
    """Full names of the RPCs the server offers."""

    def listed(*arguments):
        return subprocess.run(["grpcurl", "-plaintext", server, "list", *arguments], check=True, capture_output=True, text=True).stdout.split()

    return {rpc for service in listed() if not service.startswith(FOREIGN) for rpc in listed(service)}


def unhealthy(server):
    """Services the server offers and does not report as serving."""
    for service in sorted({rpc.rpartition(".")[0] for rpc in offered(server)}):
        check = ["grpcurl", "-plaintext", "-d", f'{{"service": "{service}"}}', server, "grpc.health.v1.Health/Check"]
        if "SERVING" not in subprocess.run(check, capture_output=True, text=True).stdout.replace("NOT_SERVING", ""):
            yield service


def main():
    server = os.environ["EGI_SERVER"]
    runfiles = pathlib.Path(os.environ.get("EGI_RUNFILES", "."))
    os.environ["PATH"] = f"{(runfiles / 'tools/go/bin').resolve()}:{os.environ['PATH']}"
    if not shutil.which("grpcurl"):
        sys.exit("grpcurl is neither in tools/go/bin nor on PATH")
    guides = ["docs/grpcurl.md", *sorted(f"docs/{path.name}" for path in runfiles.glob("docs/grpcurl-*.md"))]
    texts = {guide: (runfiles / guide).read_text(encoding="utf-8") for guide in guides}
    calls = [block for guide, text in texts.items() for block in blocks(guide, text)]

    called = {f"{service}.{method}" for service, method in re.findall(r"(egi\.[\w.]+)/(\w+)", "".join(texts.values()))}
    missing = sorted(offered(server) - called)
    unknown = sorted(called - offered(server))
    failures = [f"no block calls {rpc}" for rpc in missing] + [f"the server does not offer {rpc}" for rpc in unknown]

    failures += [f"the health service does not know {service}" for service in unhealthy(server)]

    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
    for place, commands, answers in calls:
        # `set -e` ends the shell at the first failing command, pipes included; the marker then never comes.
        script = commands.replace(PRINTED, server)
        shell.stdin.write(f"set -e -o pipefail\n{script}\necho; echo '{END}'\n")
        shell.stdin.flush()
        output = []
        for printed in shell.stdout:
            if printed.rstrip("\n") == END:
                break
            output.append(printed)
        else:
            failures.append(f"{place}: a command failed:\n{''.join(output)}")
            break
        if answers not in "".join(output):
            failures.append(f"{place}: the answer lacks {answers!r}:\n{''.join(output)}")
    shell.stdin.close()
    shell.wait()

    for failure in failures:
        print(f"FAIL {failure}")
    print(f"{len(calls)} blocks, {len(called)} RPCs, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
