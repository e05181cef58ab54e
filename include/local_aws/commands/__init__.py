"""What `make` starts.

============  ==============================================================
``demo``      `make demo`: an hour of calls, every verdict beside the truth
``ui``        `make ui`: Airflow's UI over a contact centre that plays on
``serve``     AWS and a contact centre in real time, for docker-compose.yaml
``playback``  simulated time and the DAG that works through it
``airflow``   Airflow's services as processes
``console``   a terminal that only we print to; a log for everybody else
``report``    what the demo shows in the end, and what it keeps
============  ==============================================================
"""
