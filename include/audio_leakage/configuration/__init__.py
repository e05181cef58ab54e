"""What AWS and our settings must be like, so that no recording is lost; no port, no log.

=============  ==================================================================
``rules``      the table: what is wrong with each object of the configuration
``lifecycle``  after how many days the lifecycle of a bucket deletes its objects
``heartbeat``  how long no run of the monitor ended
``drift``      what was read, by the rules and against the last evidence
``told``       the results in words: for the mail, and for the alert
``ports``      what the room needs from outside
=============  ==================================================================
"""
