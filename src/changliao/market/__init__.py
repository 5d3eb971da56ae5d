"""What happened in the market, measured from the sums that the network keeps."""
