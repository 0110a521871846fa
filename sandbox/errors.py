"""What can go wrong with the sandbox itself; what a script does wrong is an outcome, not an error."""


class SandboxError(Exception):
    """Root of this package's errors."""


class InvalidRequest(SandboxError, ValueError):
    """A request that no engine can run: the caller's mistake."""


class SandboxUnavailable(SandboxError):
    """There is no sandbox here that may run code, or it cannot be reached."""


class EngineClosed(SandboxError):
    """The engine was closed."""


class ProtocolError(SandboxError):
    """The other side of a pipe or socket broke the protocol."""


class KernelRefused(SandboxError, OSError):
    """A system call the jail is built from failed."""
