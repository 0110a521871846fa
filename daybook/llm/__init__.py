"""Models of other firms behind one port: adapters, the model catalogue, prices, the ledger and what happens without."""
