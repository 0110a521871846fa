"""What the market did and will do: news, symbols, overview, rankings, calendar."""
