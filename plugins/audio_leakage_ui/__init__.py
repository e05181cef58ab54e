"""The web app behind the tab "Calls" and the page "Call recordings"; it reads, and writes nothing.

=============  ==========================================================================
``app``        the routes, each of them only for those who may read the DAG's runs
``reading``    what the routes read: settings, the run, the hooks, the two indexes
``calls``      contacts -> the rows of a table
``hours``      contacts of an hour -> counts, delays and failures
``health``     runs and due contacts -> what is late, missing or set aside
``consoles``   addresses in the consoles of Amazon Connect and Amazon S3
``static``     what the browser gets; no build step, nothing from elsewhere
=============  ==========================================================================
"""
