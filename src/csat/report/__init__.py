"""The report as one file: what is published, in words and charts, for mail and for print."""
