"""The Lambda behind the flow log's subscription: enters contacts within seconds of their recording block."""
