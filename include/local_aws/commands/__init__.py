"""The programs that `make` starts.

============  ===================================================================
``demo``      `make demo`: an hour of calls, every verdict next to the truth
``ui``        `make ui`: Airflow's UI over a contact centre that keeps playing
``serve``     AWS and a contact centre in real time, for docker-compose.yaml
``playback``  simulated time, and the DAG that works through it
``airflow``   Airflow's services as processes
``console``   a terminal that only we print to, and a log for everything else
``evidence``  the evidence of a day that was played, beside the truth
``outcome``   what became of a contact, next to the truth
``report``    what the demo shows in the end, and what it keeps
============  ===================================================================
"""
