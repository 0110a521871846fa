"""What companies file, earn and depend on."""
