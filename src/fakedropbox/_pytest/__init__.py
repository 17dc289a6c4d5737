"""Behind the pytest plugin: a whole run against the double, and the reports of failures."""
