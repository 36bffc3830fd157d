"""The doctor: looks at a project, an application's settings and a deployment, in order.

Each check ends as one line, with what to do where it did not end well; the first that failed is
the cause, since those that need it are skipped.
"""
