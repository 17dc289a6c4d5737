"""The routes of `team`: a team, its members, its groups and its folders."""
