"""What this kernel and this container offer, read from /proc; and whether a container may be trusted to hold."""

import os
import platform
import socket
import sys
from typing import Any

from sandbox.kernel import landlock
from sandbox.kernel.syscalls import here

STATUS_FIELDS = ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")


def parse_status(text: str) -> dict[str, str]:
    """The security fields of a /proc/<pid>/status text."""
    lines = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines if name in STATUS_FIELDS}


def read_text(path: str) -> str:
    """A small text file, or nothing where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(65_536).strip()
    except OSError:
        return ""


def kernel_facts() -> dict[str, Any]:
    """What decides the tier, before any jail was tried."""
    return {
        "system": sys.platform,
        "release": platform.release(),
        "machine": platform.machine(),
        "syscall_table": (machine.name if (machine := here()) else ""),
        "landlock_version": landlock.version() if sys.platform == "linux" else 0,
        "seccomp_actions": read_text("/proc/sys/kernel/seccomp/actions_avail"),
        "user_namespaces": read_text("/proc/sys/user/max_user_namespaces"),
        "userns_restricted_by_apparmor": read_text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        "uid": os.getuid() if hasattr(os, "getuid") else -1,
    }


def container_shortfalls() -> tuple[str, ...]:
    """What keeps the surroundings from standing in for a second layer; empty means an attested container.

    A container holds by itself when the process is no root, can never gain a capability or a privilege, is already
    under a filter, has a read-only root, and has no network but the loopback.
    """
    status = parse_status(read_text("/proc/self/status"))
    short = []
    if os.getuid() == 0:
        short.append("runs as root")
    if int(status.get("CapBnd", "1") or "1", 16) != 0:
        short.append("has capabilities in its bounding set (cap_drop: ALL)")
    if status.get("NoNewPrivs") != "1":
        short.append("may gain privileges (no-new-privileges)")
    if status.get("Seccomp") != "2":
        short.append("is under no seccomp profile")
    try:
        if not os.statvfs("/").f_flag & os.ST_RDONLY:
            short.append("has a writable root (read_only)")
    except OSError:
        short.append("has a root that cannot be looked at")
    try:
        names = [name for _, name in socket.if_nameindex()]
    except OSError:
        names = ["unknown"]
    if [name for name in names if name != "lo"]:
        short.append("has a network (network_mode: none)")
    return tuple(short)
