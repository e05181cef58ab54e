"""What the published flows of an instance will do, read before a call runs through them.

The audit predicts and never judges: no verdict rests on it. The flow language is described in
docs/flow-audit.md, "What each block does".

============  ===========================================================================
``flow``      a flow or module, read from its content
``state``     what a call carries from block to block
``blocks``    what each block does to that state
``places``    where a call may be, and how an agent's conversation may begin
``routes``    where a call goes next: blocks, modules, queues, whisper flows, an agent
``kept``      what is kept of a flow for tomorrow's audit, without its content
``walk``      every route of a call, walked once for all entries
``results``   the one result of an entry, as a table of rules
``audit``     flows + phone numbers -> findings
``queues``    the entries that lead to each queue
``report``    the findings as they are kept and told
``words``     a finding in words
``picture``   a finding as a picture
``ports``     what the room needs from outside
============  ===========================================================================
"""
