"""Which Amazon Connect calls had to be recorded, and which of them were.

This is the domain. It imports the standard library only: no Airflow, no boto3, no clock, no network.
It asks for everything else through protocols, those of :mod:`audio_leakage.ports` and of ``ports`` in a room.

=================  =====================================================================================
``contacts``       values and pure rules: states, what Connect said, where a recording lies, the verdict
``flow_audit``     what the published flows will do, read before a call runs through them
``runs``           what one task works with: its window, due contacts, alerts, metrics
``configuration``  what AWS and our settings must be like, so that no recording is lost
``flow_log``       how a contact enters the table: read a line, ingest it, recover missed lines
``population``     who must be recorded: every contact that reached an agent, hour by hour
``evidence``       what we can prove about a day
``use_cases``      the tasks of all DAGs
=================  =====================================================================================

Below the rooms lies a small common ground: ``errors``, ``times``, ``setting_kinds``,
``settings``, ``recipient``, ``instances`` and ``ports``.
A room imports only the ground and the rooms above it in this table.
"""
