"""The Lambda that subscribes to the flow log. It enters contacts seconds after their recording block ran."""
