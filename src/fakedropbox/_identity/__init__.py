"""Identity: accounts, teams, apps, and the tokens of apps, without files and SDK types."""
