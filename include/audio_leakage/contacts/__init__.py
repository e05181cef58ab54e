"""Values and pure rules about one contact; no port, no log.

====================  ===============================================================
``states``            states, verdicts and reasons, and the table of allowed moves
``attributes``        how one attribute is stored and read back
``contact``           one contact as the table keeps it
``snapshot``          one DescribeContact answer, read
``recording_blocks``  what a flow's recording blocks asked for
``recording``         where a recording lies and what counts as one
``follow``            contact + snapshot -> contact
``verdict``           contact + evidence -> contact
====================  ===============================================================
"""
