"""The population: every voice contact that an agent took in one UTC hour, and which of them must be recorded.

=================  ===================================================================
``hour``           the UTC hour that a run is about
``member``         one contact of the population: the few members we keep of it
``policy``         which calls must be recorded, and why not
``policy_reader``  the text of the Variable, read or refused
``classes``        who must be recorded, and who watches: each contact in one class
``figures``        an hour in numbers
``proof``          whether the population of an hour is complete
``counted``        the hours that a later run counts again
``logged_legs``    what the flow log says about earlier legs that were purged
``parts``          contacts as they go from one task to the next
``context``        settings, policy, ports and time of one task
``messages``       the messages that people receive
``ports``          what the room needs from outside
=================  ===================================================================
"""
