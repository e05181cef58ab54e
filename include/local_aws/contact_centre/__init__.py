"""A simulated contact centre that knows the truth about each of its calls.

=================  ===========================================================
``calls``          the life of one call, and the truth about it
``centre``         many calls on a clock
``flow_log``       the lines that their flows write
``recordings``     the files that Connect would write
``seed_contacts``  the specification's four DescribeContact answers
``company``        the company whose calls people see: its names, its centre
=================  ===========================================================
"""
