"""Which accounts a caller may name, and which app key uses which account."""

from collections import defaultdict
from collections.abc import Iterable

from daybook.contracts.base import Won
from daybook.paper.errors import gateway
from daybook.paper.model import ExchangeEngine


class AccountAccess:
    """Opens and checks accounts (10 digits: CANO and ACNT_PRDT_CD).

    The configured accounts are opened at once. ``any_account`` opens every well-formed one on first use, as
    permissive mode does; otherwise an account that is not configured is refused (OPSQ2000).
    """

    def __init__(self, engine: ExchangeEngine, accounts: Iterable[str], cash_krw: Won, *, any_account: bool) -> None:
        self._engine = engine
        self._cash_krw = cash_krw
        self._any_account = any_account
        self._users: defaultdict[str, set[str]] = defaultdict(set)
        self.known: dict[str, None] = {}
        for account in accounts:
            self._open(account)

    def resolve(self, cano: str, product: str, app_key: str) -> str:
        """Return the 10-digit account of a call and remember who uses it; raises OPSQ2000."""
        account = cano + product
        well_formed = len(cano) == 8 and len(product) == 2 and account.isascii() and account.isdigit()
        if not well_formed or (account not in self.known and not self._any_account):
            raise gateway("OPSQ2000")
        self._open(account)
        self._users[account].add(app_key)
        return account

    def may_hear(self, app_key: str, account: str) -> bool:
        """Whether notices of an account go to a stream of an app key: its users, or anybody while it has none."""
        users = self._users.get(account)
        return not users or app_key in users

    def _open(self, account: str) -> None:
        if account not in self.known:
            self._engine.open_account(account, self._cash_krw)
            self.known[account] = None
