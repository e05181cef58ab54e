"""The web app behind the tab "Calls" and the page "Call recordings". It only reads.

==============  =========================================================================
``app``         the routes, which require permission to read the DAG's runs
``reading``     reads settings, runs, hooks and the two indexes
``calls``       contacts -> the rows of a table
``hours``       contacts of an hour -> counts, delays and failures
``leaks``       contacts -> a list of leaks to hand over
``population``  what the hourly runs found
``revisions``   reads links and sums of the evidence bucket, each once
``month``       the days of a month at a glance, and one day with its exceptions
``health``      runs and due contacts -> late, missing or set aside
``sheet``       tables that people open in a spreadsheet
``consoles``    links into the consoles of Amazon Connect and Amazon S3
``static``      the browser's files; no build step, nothing from other servers
==============  =========================================================================
"""
