"""Who is who: accounts, apps, the tokens that tie them. Knows no files and no SDK types."""
