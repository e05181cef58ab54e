"""`make audit-flows`: audit flows that were exported to a folder, on a person's terminal.

============  ==================================================
``folder``    flows, modules and phone numbers in a folder
``__main__``  the command: prints each entry with its result, and draws its way
============  ==================================================
"""
