"""What the broker says of an account."""

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won


class Holding(Message):
    """Shares held of one symbol; duplicate broker rows are already merged."""

    symbol: Symbol
    name: str = ""
    shares: int = Field(ge=0)
    sellable_shares: int = Field(ge=0)
    average_price_krw: float = Field(ge=0)
    price_krw: Won = Field(ge=0)


class AccountSnapshot(Message):
    """An account at one moment. ``settled_cash_krw`` is D+2 cash, which moves with each fill."""

    holdings: tuple[Holding, ...]
    deposit_krw: Won = Field(description="D+0 deposit: does not fall when shares are bought")
    settled_cash_krw: Won = Field(description="D+2 cash (prvs_rcdl_excc_amt): what the ledger must equal")
    orderable_cash_krw: Won = Field(description="cash for new buys without margin loan")
    net_asset_krw: Won
    observed_at: AwareDatetime

    def holding(self, symbol: str) -> Holding | None:
        """Return the holding of ``symbol`` or None."""
        return next((holding for holding in self.holdings if holding.symbol == symbol), None)
