"""Which calls of Amazon Connect should have been recorded, and which of them were.

The domain: standard library only, no Airflow, no boto3, no clock, no network. What it needs from outside it
asks through the Protocols of :mod:`audio_leakage.ports`.

====================  =================================================================
``states``            the states, verdicts and reasons, and the table of allowed moves
``contact``           one contact as the table keeps it
``snapshot``          one DescribeContact answer, read
``follow``            contact + snapshot -> contact
``recording``         where a recording lies and what counts as one
``verdict``           contact + what the bucket shows -> contact
``polling``           the use cases ``poll_initialised`` and ``poll_in_progress``
``bulk_search``       many contacts with one question, where there is no time to describe each
``purging``           the use case ``purge_ivr``
``checking``          the use case ``check_recordings``
``day_listing``       one listing for many contacts of a day, where that is cheaper
``watch``             the figures that alarms are set on
``alerts``            who hears of a failure, and of one that healed
``use_cases``         the four of them, for the DAG
``flow_log``          one line of a flow log, read
``intake``            how a line enters its contact into the table
``recovery``          reads a stretch of the flow log for what the subscription missed
``adoption``          takes up table items that somebody else wrote
``window``            the stretch of time a run is about
``run``               what they work with: ports, settings, time
``ports``             what is needed from outside
``sweep``             the loop they share: many at once, and none stops the others
``settings``          the Airflow Variable, validated
``instances``         the DAG and the Variable of each Amazon Connect instance
``errors``            the tree of everything that can go wrong
====================  =================================================================
"""
