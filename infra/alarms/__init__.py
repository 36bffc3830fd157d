"""The alarms of a deployment, made from the functions that template.yaml has."""
