"""A simulated contact centre that knows the truth about each of its calls.

=================  ==================================================================
``calls``          one call, and the truth about it at any moment
``kinds``          what may become of a call
``flow_kinds``     the same, where the flow does something unusual
``blind_kinds``    the same, where the flow log does not tell of it, or not of each leg
``lives``          what the kinds have in common
``blocks``         the flow's recording blocks, and what it wanted with them
``described``      what Connect says of a call
``watching``       who notices a call: the flow log, its earlier legs, or a policy
``queues``         the company's queues
``centre``         many calls on a clock
``flow_log``       the lines that their flows write
``recordings``     the files that Connect would write
``flow_player``    calls played by an instance's flows, block by block
``seed_contacts``  the specification's four DescribeContact answers
``company``        the company whose calls people see: its names, its centre
=================  ==================================================================
"""
