"""Identity: accounts, apps, and the tokens that connect them. Knows no files and no SDK types."""
