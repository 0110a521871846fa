"""The command line: ``python -m sandbox doctor|run|serve``."""

import argparse
import sys
from pathlib import Path

from sandbox import command
from sandbox.model import Limits
from sandbox.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Parse, do, and return the exit code."""
    options = _parser().parse_args(arguments)
    disable = [layer for part in options.disable for layer in part.split(",") if layer]
    try:
        match options.command:
            case "doctor":
                return command.doctor(
                    as_json=options.json, disable=disable, attested=options.attest, socket_path=options.socket
                )
            case "run":
                limits = Limits(
                    wall_s=options.wall_s, cpu_s=options.cpu_s, memory_mb=options.memory_mb, calls=options.calls
                )
                return command.run(
                    options.file,
                    tools_file=options.tools,
                    inputs_text=options.inputs,
                    now=options.now,
                    seed=options.seed,
                    limits=limits,
                    disable=disable,
                    attested=options.attest,
                    socket_path=options.socket,
                    as_json=options.json,
                )
            case _:
                return serve(
                    options.path,
                    disable=frozenset(disable),
                    attested=options.attest,
                    allowed_uids=frozenset(options.allow_uid),
                    idle_children=options.idle_children,
                    concurrency=options.concurrency,
                )
    except ValueError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return command.EXIT_BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="The code jail.")
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--disable", action="append", default=[], help="leave out landlock and/or namespaces")
    common.add_argument("--attest", action="store_true", help="vouch for the container around this process")
    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument("--json", action="store_true", help="one JSON line")
    asking.add_argument("--socket", default="", help="ask the server on this socket instead of an own jail")
    commands.add_parser("doctor", parents=[common, asking], help="what protects this machine")
    run = commands.add_parser("run", parents=[common, asking], help="run one script")
    run.add_argument("file", type=Path)
    run.add_argument("--tools", type=Path, help="JSON file of stand-in tools")
    run.add_argument("--inputs", default="{}", help="JSON object the script finds as `inputs`")
    run.add_argument("--now", default="", help="ISO time with an offset at which the clock stands")
    run.add_argument("--seed", type=int, default=0)
    usual = Limits()
    run.add_argument("--wall-s", type=float, default=usual.wall_s)
    run.add_argument("--cpu-s", type=int, default=usual.cpu_s)
    run.add_argument("--memory-mb", type=int, default=usual.memory_mb)
    run.add_argument("--calls", type=int, default=usual.calls)
    server = commands.add_parser("serve", parents=[common], help="serve on a Unix socket")
    server.add_argument("path", type=Path)
    server.add_argument("--allow-uid", type=int, action="append", default=[], help="also answer this user")
    server.add_argument("--idle-children", type=int, default=3)
    server.add_argument("--concurrency", type=int, default=4)
    return parser


if __name__ == "__main__":
    sys.exit(main())
