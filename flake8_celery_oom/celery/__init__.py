"""What Celery itself knows, as tables and pure functions: no rule holds a fact about Celery of its own."""
