"""The routes of `team_log`: the events of a team."""
