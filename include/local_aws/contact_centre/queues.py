"""The queues of the company."""

from local_aws.connect.contacts import SEED_QUEUE, Queue

SERVICE = SEED_QUEUE
#: Its flow has no recording block.
SALES = Queue("936732c5-790d-4cb1-80f1-001e9997f92e", "Sales")
#: An agent is called directly through it. No metric counts its contacts.
AN_AGENTS = Queue("59ede75e-26d7-44f9-bf20-32e6bfc378af", "", "AGENT")
QUEUES = (SERVICE, SALES, AN_AGENTS)
