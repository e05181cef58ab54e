"""What the published flows of an instance will do, read before a call runs through them.

The audit predicts and never judges: no verdict rests on it. The flow language is described in
docs/flow-audit.md, "What each block does".

=============  ===================================================================================
``content``    the flow language's JSON -> blocks
``flow``       a flow or module, read from its content
``state``      what a call carries from block to block
``blocks``     what each block does to that state
``places``     where a call may be, and how an agent's conversation may begin
``idle``       whisper and queue flows that do nothing but play prompts
``routes``     where a call goes next: blocks, modules, queues, whisper flows, an agent
``kept``       what is kept of a flow for tomorrow's audit, without its content
``numbering``  a number for each place
``graph``      which place leads to which, by number
``walk``       the routes of calls, walked for all entries together as far as results need them
``results``    the one result of an entry, as a table of rules
``audit``      flows + phone numbers -> entries with their results
``queues``     the entries that lead to each queue
``report``     the audited entries as they are kept and told
``words``      an audited entry in words
``picture``    an audited entry as a picture
``ports``      what the room needs from outside
=============  ===================================================================================
"""
