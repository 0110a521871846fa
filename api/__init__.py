"""The trigger endpoint: a thin FastAPI front that starts, updates and reads; no state and no broker of its own."""
