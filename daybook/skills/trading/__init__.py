"""The account: quotes, holdings, risk, and order tickets that wait for a person."""
