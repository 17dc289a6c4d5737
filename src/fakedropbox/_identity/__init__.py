"""Identity: accounts, apps, and the tokens that connect them, without files and SDK types."""
