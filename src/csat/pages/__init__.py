"""What the pages in ``dashboards`` say and ask for, without drawing it.

Queries with parameters, findings in words, the colours, the segment builder and its lists. Nothing
here knows Streamlit or Altair, so that all of it is tested without a page.
"""
