"""The paper exchange: a KRX simulator that speaks the KIS protocol over HTTP and WebSocket."""
