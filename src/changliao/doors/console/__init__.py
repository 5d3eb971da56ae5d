"""The console of operators and the portal of merchants: pages for members."""
