"""What every task of the DAG does: bring settings, hooks and one use case together."""
